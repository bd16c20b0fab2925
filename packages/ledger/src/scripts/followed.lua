#!lua flags=allow-oom
-- Remembers under which id the primary has replicas, for those that start while none is attached.
-- KEYS    [1] prefix of the cell
-- ARGV    [1] the id  [2] for how many ms
-- Returns OK
--- @include keys
local key = keys.followed
-- once in a fifth of the time is enough
if redis.call('GET', key) ~= ARGV[1] or redis.call('PTTL', key) < ARGV[2] * 0.8 then
  redis.call('SET', key, ARGV[1], 'PX', ARGV[2])
end
return 'OK'
