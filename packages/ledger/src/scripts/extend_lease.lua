#!lua flags=allow-oom
-- Moves the due time of work that is still going on further away, as long as it is this hand-over's.
-- KEYS    [1] prefix of the cell
-- ARGV    [1] id  [2] lane  [3] hand-over number  [4] ms from now
-- Returns 1, or 0 where the work is another's by now
--- @include keys
--- @include clock

local saved = redis.call('HMGET', keys.record(ARGV[1]), 'lane', 'n', 'account')
if saved[1] ~= ARGV[2] or saved[2] ~= ARGV[3] then
  return 0
end
redis.call('ZADD', keys.due(ARGV[2], saved[3]), 'XX', digits(now + ARGV[4]), ARGV[1])
return 1
