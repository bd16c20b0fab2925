#!lua flags=allow-oom
-- Takes what is due in one lane of one account and leases it: its due time moves to the end of the lease, so one asker has it.
-- KEYS    [1] prefix of the cell
-- ARGV    [1] lane  [2] account  [3] how many at most  [4] lease in ms  [5] tokens per ms (0: takes none)  [6] burst
--         [7] tokens left to others  [8] bucket: `tokens` (one for every request) or `looks`
--         [9] names this claim: sent again because its answer was lost, it gets the same leases, not the next ones  [10…] fields wanted
-- Returns as JSON [ms until the next is due ("": none), end of the lease, id, [field or false, …], id, […], …]:
--         one text is taken apart faster than hundreds of small ones
--- @include keys
--- @include clock
--- @include bucket
--- @include once

local lane, account, most, rate, bucket = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[5]), ARGV[8]
local key, ends, reserve = keys.due(lane, account), digits(now + ARGV[4]), tonumber(ARGV[7])
local tokens, blocked = math.huge, 0
if rate ~= 0 then
  local saved = redis.call('HMGET', keys.account(account), bucket, bucket .. 'At', bucket == 'looks' and 'looksUntil' or 'until')
  tokens, blocked = tokens_now(saved[1], saved[2], rate, tonumber(ARGV[6])), tonumber(saved[3] or 0) - now
  most = blocked > 0 and 0 or math.max(0, math.min(most, math.floor(tokens - reserve)))
end

local ids = taken_before(ARGV[9])
local before = ids ~= nil
if ids then
  ends = table.remove(ids, 1)
else
  ids = most > 0 and redis.call('ZRANGEBYSCORE', key, '-inf', digits(now), 'LIMIT', 0, most) or {}
end
local answer = { '', ends }
for i, id in ipairs(ids) do
  answer[2 * i + 1] = id
  answer[2 * i + 2] = ARGV[10] and redis.call('HMGET', keys.record(id), unpack(ARGV, 10)) or {}
end
if #ids > 0 and not before then
  local leases = {}
  for i, id in ipairs(ids) do
    leases[2 * i - 1], leases[2 * i] = ends, id
  end
  redis.call('ZADD', key, unpack(leases))
  remember(ARGV[9], { ends, unpack(ids) }, ARGV[4])
  tokens = tokens - #ids
  save_tokens(account, rate, tokens, bucket)
end
local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
if first[2] then
  local refill = rate == 0 and 0 or math.ceil((1 + reserve - tokens) / rate)
  answer[1] = digits(math.max(first[2] - now, blocked, refill, 0))
end
return cjson.encode(answer)
