-- Takes what is due in one lane of one account and leases it: its due time moves to the end of the lease, so one asker has it.
-- KEYS    [1] prefix of the cell
-- ARGV    [1] lane  [2] account  [3] how many at most  [4] lease in ms  [5] tokens per ms (0: takes none)  [6] burst
--         [7] tokens left to others  [8…] fields wanted
-- Returns [ms until the next is due ("": none), end of the lease, id, field, field, …, id, field, …]
local P = KEYS[1]
--- @include clock
--- @include bucket

local lane, account, most, rate = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[5])
local key, ends = P .. ':d:' .. lane .. ':' .. account, digits(now + ARGV[4])
local wait = 0
local tokens = bucket(account, rate, tonumber(ARGV[6]))
if rate ~= 0 then
  local blocked = tonumber(redis.call('HGET', P .. ':a:' .. account, 'until') or 0) - now
  local free = math.floor(tokens - ARGV[7])
  if blocked > 0 then
    most, wait = 0, blocked
  elseif free < most then
    most, wait = math.max(0, free), (1 + ARGV[7] - tokens) / rate
  end
end

local answer = { '', ends }
local ids = most > 0 and redis.call('ZRANGEBYSCORE', key, '-inf', digits(now), 'LIMIT', 0, most) or {}
if #ids > 0 then
  local leases, fields = {}, { unpack(ARGV, 8) }
  for _, id in ipairs(ids) do
    leases[#leases + 1] = ends
    leases[#leases + 1] = id
    answer[#answer + 1] = id
    for _, value in ipairs(redis.call('HMGET', P .. ':g:' .. id, unpack(fields))) do
      answer[#answer + 1] = value or ''
    end
  end
  redis.call('ZADD', key, unpack(leases))
  save_bucket(account, rate, tokens - #ids)
end
local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
if first[2] then
  answer[1] = digits(math.max(first[2] - now, wait, 0))
end
return answer
