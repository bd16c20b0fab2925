#!lua flags=allow-oom
-- No request (or only no look, where the provider counts those apart) is sent for an account before the time given; never shortens
-- a wait that is longer.
-- KEYS    [1] prefix of the cell
-- ARGV    [1] account  [2] ms from now  [3] bucket: `tokens` or `looks`
-- Returns until when, in ms
--- @include keys
--- @include clock

local key, field = keys.account(ARGV[1]), ARGV[3] == 'looks' and 'looksUntil' or 'until'
local till = math.max(now + ARGV[2], tonumber(redis.call('HGET', key, field) or 0))
redis.call('HSET', key, field, digits(till))
return digits(till)
