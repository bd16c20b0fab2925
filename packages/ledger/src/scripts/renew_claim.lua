#!lua flags=allow-oom
-- Moves the end of a lease further away, as long as it is still the one that was claimed. Sent again, it does so once.
-- KEYS    [1] prefix of the cell
-- ARGV    [1] lane  [2] account  [3] id  [4] end of the lease as claimed  [5] ms longer
-- Returns the new end, or "" where the lease has passed to another
--- @include keys
--- @include clock

local key, longer = keys.due(ARGV[1], ARGV[2]), digits(ARGV[4] + ARGV[5])
local ends = tonumber(redis.call('ZSCORE', key, ARGV[3]) or 0)
if ends == tonumber(ARGV[4]) then
  redis.call('ZADD', key, longer, ARGV[3])
elseif ends ~= tonumber(longer) then
  return ''
end
return longer
