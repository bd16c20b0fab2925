#!lua flags=allow-oom
-- Counts money that may be paid for nothing, because a POST of unknown outcome is sent again as a new attempt, up to a cap for each UTC day.
-- KEYS    [1] prefix of the cell
-- ARGV    [1] account  [2] micro-USD  [3] cap of the day in micro-USD
-- Returns 1 where it is within the cap and counted, else 0
--- @include keys
--- @include clock

local key, day = keys.account(ARGV[1]), digits(math.floor(now / 86400000))
local known_day, known = string.match(redis.call('HGET', key, 'doubt') or '', '^(%d+):(%d+)$')
local sum = (known_day == day and known or 0) + ARGV[2]
if sum > tonumber(ARGV[3]) then
  return 0
end
redis.call('HSET', key, 'doubt', day .. ':' .. digits(sum))
return 1
