#!lua flags=allow-oom
-- Notes tasks that a provider lists and no generation owns among the orphans, each of them once.
-- KEYS    [1] prefix of the cell
-- ARGV    [1] account, then task ids
-- Returns the ids that are new there
local P = KEYS[1]
--- @include clock
--- @include task

local account, noted = ARGV[1], P .. ':unowned:' .. ARGV[1]
local month = 30 * 86400000
local fresh = {}
for i = 2, #ARGV do
  local task = ARGV[i]
  if redis.call('HEXISTS', P .. ':t:' .. account, task_hash(task)) == 0 and redis.call('ZADD', noted, 'NX', digits(now), task) == 1 then
    redis.call('LPUSH', P .. ':orphans', cjson.encode({ account = account, task = task, at = digits(now) }))
    fresh[#fresh + 1] = task
  end
end
redis.call('ZREMRANGEBYSCORE', noted, '-inf', digits(now - month))
return fresh
