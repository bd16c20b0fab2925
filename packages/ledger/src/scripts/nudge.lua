-- Makes one generation due now, if it waits in one of the lanes given; a task id that a callback told is kept as a hint while ours is unknown.
-- KEYS    [1] prefix of the cell
-- ARGV    [1] id  [2] hint: task id ("": none)  [3…] lanes
-- Returns [state, 1 if it was made due] · [missing, 0]
local P = KEYS[1]
--- @include clock

local key = P .. ':g:' .. ARGV[1]
local saved = redis.call('HMGET', key, 'state', 'lane', 'account')
if not saved[1] then
  return { 'missing', 0 }
end
if ARGV[2] ~= '' and (saved[1] == 'submitting' or saved[1] == 'unknown' or saved[1] == 'needs_review') then
  redis.call('HSET', key, 'hint', ARGV[2])
end
for i = 3, #ARGV do
  if saved[2] == ARGV[i] then
    redis.call('ZADD', P .. ':d:' .. ARGV[i] .. ':' .. saved[3], 'XX', 'LT', digits(now), ARGV[1])
    return { saved[1], 1 }
  end
end
return { saved[1], 0 }
