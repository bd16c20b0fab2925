#!lua flags=allow-oom
-- Puts generations whose backoff is over back into the backlog of their account.
-- KEYS    [1] prefix of the cell
-- ARGV    [1] account  [2] how many at most
-- Returns [how many, ms until the next one ("": none)]
--- @include keys
--- @include clock
--- @include backlog

local key = keys.due('backoff', ARGV[1])
local ids = redis.call('ZRANGEBYSCORE', key, '-inf', digits(now), 'LIMIT', 0, ARGV[2])
for _, id in ipairs(ids) do
  local record = keys.record(id)
  local saved = redis.call('HMGET', record, 'priority', 'tenant', 'seq')
  redis.call('ZREM', key, id)
  redis.call('HSET', record, 'lane', 'backlog')
  join_backlog(id, ARGV[1], saved[1], saved[2], saved[3])
end
local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
return { #ids, first[2] and digits(math.max(0, first[2] - now)) or '' }
