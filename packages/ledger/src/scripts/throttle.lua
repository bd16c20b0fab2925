#!lua flags=allow-oom
-- No request (or only no look, where the provider counts those apart) is sent for an account before the time given; never shortens
-- a wait that is longer.
-- KEYS    [1] prefix of the cell
-- ARGV    [1] account  [2] ms from now  [3] bucket: `tokens` or `looks`  [4] why ("": the provider asked for it)
-- Returns until when, in ms
--- @include keys
--- @include clock

local key, field = keys.account(ARGV[1]), ARGV[3] == 'looks' and 'looksUntil' or 'until'
local before = tonumber(redis.call('HGET', key, field) or 0)
local till = math.max(now + ARGV[2], before)
redis.call('HSET', key, field, digits(till))
-- the reason is that of the longest wait
if till > before and field == 'until' then
  if ARGV[4] == '' then
    redis.call('HDEL', key, 'untilWhy')
  else
    redis.call('HSET', key, 'untilWhy', ARGV[4])
  end
end
return digits(till)
