#!lua flags=allow-oom
-- Makes one generation due now, if it waits in one of the lanes given. A task id that the provider told is kept as a hint while the task of
-- that attempt is unknown; one that the generation can no longer have is noted among the orphans, once.
-- KEYS    [1] prefix of the cell
-- ARGV    [1] id  [2] hint: task id ("": none)  [3] attempt of the hint  [4] account of the hint  [5…] lanes
-- Returns [state, 1 if it was made due, 1 if the hint is an orphan] · [missing, 0, 1 if the hint is an orphan]
--- @include keys
--- @include clock
--- @include task

local key, hint = keys.record(ARGV[1]), ARGV[2]
local saved = redis.call('HMGET', key, 'state', 'lane', 'account', 'attempt', 'task', 'earlier')
local state, open = saved[1], { queued = true, submitting = true, unknown = true, needs_review = true }

local function known()
  local names = ' ' .. (saved[5] or '') .. ' ' .. (saved[6] or '') .. ' '
  return string.find(names, ' ' .. hint .. ' ', 1, true)
end

local orphaned = 0
if hint ~= '' and not known() then
  if state and open[state] and saved[4] == ARGV[3] and saved[3] == ARGV[4] then
    redis.call('HSET', key, 'hint', hint)
  elseif redis.call('HSETNX', keys.tasks(ARGV[4]), task_hash(hint), ARGV[1]) == 1 then
    redis.call('LPUSH', keys.orphans, cjson.encode({ generation = ARGV[1], account = ARGV[4], task = hint, known = saved[5] or nil, at = digits(now) }))
    orphaned = 1
  end
end
for i = 5, #ARGV do
  if saved[2] == ARGV[i] then
    redis.call('ZADD', keys.due(ARGV[i], saved[3]), 'XX', 'LT', digits(now), ARGV[1])
    return { state, 1, orphaned }
  end
end
return { state or 'missing', 0, orphaned }
