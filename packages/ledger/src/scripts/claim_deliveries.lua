#!lua flags=allow-oom
-- Takes webhooks that are due, a few per endpoint at once, and leases them.
-- KEYS    [1] prefix of the cell
-- ARGV    [1] how many at most  [2] how many per endpoint at once  [3] lease in ms
-- Returns [ms until the next is due ("": none), end of the lease, id, endpoint, url, body, tries, tenant, …]
local P = KEYS[1]
--- @include clock

local most, cap, ends = tonumber(ARGV[1]), tonumber(ARGV[2]), digits(now + ARGV[3])
local answer, taken = { '', ends }, 0
for _, endpoint in ipairs(redis.call('ZRANGEBYSCORE', P .. ':endpoints', '-inf', digits(now), 'LIMIT', 0, 100)) do
  local due, leases = P .. ':d:deliver:' .. endpoint, P .. ':dl:' .. endpoint
  redis.call('ZREMRANGEBYSCORE', leases, '-inf', digits(now))
  local free = math.min(cap - redis.call('ZCARD', leases), most - taken)
  local ids = free > 0 and redis.call('ZRANGEBYSCORE', due, '-inf', digits(now), 'LIMIT', 0, free) or {}
  for _, id in ipairs(ids) do
    redis.call('ZADD', due, ends, id)
    redis.call('ZADD', leases, ends, id)
    local saved = redis.call('HMGET', P .. ':e:' .. id, 'url', 'body', 'tries', 'tenant')
    for _, value in ipairs({ id, endpoint, saved[1], saved[2], saved[3], saved[4] }) do
      answer[#answer + 1] = value or ''
    end
  end
  taken = taken + #ids
  local first = redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')[2]
  local full = redis.call('ZCARD', leases) >= cap and redis.call('ZRANGE', leases, 0, 0, 'WITHSCORES')[2]
  if first then
    redis.call('ZADD', P .. ':endpoints', full and math.max(first, full) or first, endpoint)
  else
    redis.call('ZREM', P .. ':endpoints', endpoint)
  end
  if taken >= most then
    break
  end
end
local first = redis.call('ZRANGE', P .. ':endpoints', 0, 0, 'WITHSCORES')
answer[1] = first[2] and digits(math.max(0, first[2] - now)) or ''
return answer
