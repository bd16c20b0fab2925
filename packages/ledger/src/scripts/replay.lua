-- Sends one webhook again from the first try on: same id, same bytes.
-- KEYS    [1] prefix of the cell
-- ARGV    [1] id
-- Returns 1, or 0 where there is no such delivery
--- @include keys
--- @include clock

local key = keys.event(ARGV[1])
local saved = redis.call('HMGET', key, 'state', 'endpoint')
if not saved[1] then
  return 0
end
redis.call('HSET', key, 'state', 'pending', 'tries', '0')
redis.call('ZREM', keys.events(saved[1]), ARGV[1])
redis.call('ZADD', keys.events('pending'), digits(now), ARGV[1])
redis.call('ZADD', keys.deliveries_due(saved[2]), digits(now), ARGV[1])
redis.call('ZADD', keys.endpoints, 'LT', digits(now), saved[2])
return 1
