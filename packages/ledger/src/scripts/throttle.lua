-- Nothing is sent for an account before the time given; never shortens a wait that is longer.
-- KEYS    [1] prefix of the cell
-- ARGV    [1] account  [2] ms from now
-- Returns until when, in ms
local P = KEYS[1]
--- @include clock

local key = P .. ':a:' .. ARGV[1]
local till = math.max(now + ARGV[2], tonumber(redis.call('HGET', key, 'until') or 0))
redis.call('HSET', key, 'until', digits(till))
return digits(till)
