#!lua flags=allow-oom
-- Frees the slot of a generation that the provider can no longer be running, and ends the watch over it where that is said.
-- KEYS    [1] prefix of the cell
-- ARGV    [1] id  [2] state it must be in  [3] "1": drop its due time too (of an expired one: a living one always has one)  [4] cost in micro-USD to settle ("": leave what is reserved)
-- Returns 1, or 0 where it is in another state
--- @include keys
--- @include clock

local key = keys.record(ARGV[1])
local saved = redis.call('HMGET', key, 'state', 'account', 'lane', 'slot', 'held', 'day')
if saved[1] ~= ARGV[2] then
  return 0
end
local account = keys.account(saved[2])
if saved[4] then
  redis.call('HINCRBY', account, 'inFlight', -1)
  redis.call('HDEL', key, 'slot')
end
if saved[5] and ARGV[4] ~= '' then
  redis.call('HINCRBY', account, 'spent:' .. saved[6], digits(ARGV[4] - saved[5]))
  redis.call('HDEL', key, 'held', 'day')
end
if ARGV[3] == '1' and saved[3] and saved[1] == 'expired' then
  redis.call('ZREM', keys.due(saved[3], saved[2]), ARGV[1])
  redis.call('HDEL', key, 'lane')
end
return 1
