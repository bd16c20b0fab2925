#!lua flags=allow-oom
-- Notes tasks that a provider lists and no generation owns among the orphans, each of them once.
-- KEYS    [1] prefix of the cell
-- ARGV    [1] account  [2] generation that they were named for ("": none), then task ids
-- Returns the ids that are new there
--- @include keys
--- @include clock
--- @include task

local account, noted = ARGV[1], keys.unowned(ARGV[1])
local month = 30 * 86400000
local fresh = {}
local generation = ARGV[2] ~= '' and ARGV[2] or nil
for i = 3, #ARGV do
  local task = ARGV[i]
  if redis.call('HEXISTS', keys.tasks(account), task_hash(task)) == 0 and redis.call('ZADD', noted, 'NX', digits(now), task) == 1 then
    redis.call('LPUSH', keys.orphans, cjson.encode({ generation = generation, account = account, task = task, at = digits(now) }))
    fresh[#fresh + 1] = task
  end
end
redis.call('ZREMRANGEBYSCORE', noted, '-inf', digits(now - month))
return fresh
