#!lua flags=allow-oom
-- Takes webhooks that are due, a few per endpoint at once, and leases them.
-- KEYS    [1] prefix of the cell
-- ARGV    [1] how many at most  [2] how many per endpoint at once  [3] lease in ms  [4] name of this call
-- Returns [ms until the next is due ("": none), end of the lease, id, endpoint, url, body, tries, tenant, …]
--- @include keys
--- @include clock
--- @include once

local most, cap, ends = tonumber(ARGV[1]), tonumber(ARGV[2]), digits(now + ARGV[3])
local before = taken_before(ARGV[4])
-- The end of the leases, then id and endpoint of each.
local list, taken = before or { ends }, 0
for _, endpoint in ipairs(before and {} or redis.call('ZRANGEBYSCORE', keys.endpoints, '-inf', digits(now), 'LIMIT', 0, 100)) do
  local due, leases = keys.deliveries_due(endpoint), keys.delivery_leases(endpoint)
  redis.call('ZREMRANGEBYSCORE', leases, '-inf', digits(now))
  local free = math.min(cap - redis.call('ZCARD', leases), most - taken)
  local ids = free > 0 and redis.call('ZRANGEBYSCORE', due, '-inf', digits(now), 'LIMIT', 0, free) or {}
  for _, id in ipairs(ids) do
    redis.call('ZADD', due, ends, id)
    redis.call('ZADD', leases, ends, id)
    list[#list + 1], list[#list + 2] = id, endpoint
  end
  taken = taken + #ids
  local first = redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')[2]
  local full = redis.call('ZCARD', leases) >= cap and redis.call('ZRANGE', leases, 0, 0, 'WITHSCORES')[2]
  if first then
    redis.call('ZADD', keys.endpoints, full and math.max(first, full) or first, endpoint)
  else
    redis.call('ZREM', keys.endpoints, endpoint)
  end
  if taken >= most then
    break
  end
end
if taken > 0 then
  remember(ARGV[4], list, ARGV[3])
end
local first = redis.call('ZRANGE', keys.endpoints, 0, 0, 'WITHSCORES')
local answer = { first[2] and digits(math.max(0, first[2] - now)) or '', list[1] }
for i = 2, #list, 2 do
  local saved = redis.call('HMGET', keys.event(list[i]), 'url', 'body', 'tries', 'tenant')
  for _, value in ipairs({ list[i], list[i + 1], saved[1], saved[2], saved[3], saved[4] }) do
    answer[#answer + 1] = value or ''
  end
end
return answer
