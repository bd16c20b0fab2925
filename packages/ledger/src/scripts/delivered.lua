#!lua flags=allow-oom
-- Writes what came of one try of a webhook. Only the holder of the lease may say so.
-- KEYS    [1] prefix of the cell
-- ARGV    [1] id  [2] endpoint  [3] end of the lease as claimed  [4] new state: pending | delivered | exhausted
--         [5] ms until the next try (pending only)  [6] line for the log
-- Returns 1, or 0 where the lease is another's
local P = KEYS[1]
--- @include clock

local id, endpoint, state = ARGV[1], ARGV[2], ARGV[4]
local key, due = P .. ':e:' .. id, P .. ':d:deliver:' .. ARGV[2]
if tonumber(redis.call('ZSCORE', due, id) or 0) ~= tonumber(ARGV[3]) then
  return 0
end
local saved = redis.call('HMGET', key, 'state', 'log', 'born', 'tries')
local log = (saved[2] or '') .. '\n' .. digits(now - saved[3]) .. ':' .. ARGV[6]
redis.call('HSET', key, 'state', state, 'log', log, 'tries', digits(saved[4] + 1))
redis.call('ZREM', P .. ':dl:' .. endpoint, id)
redis.call('ZREM', P .. ':es:' .. saved[1], id)
redis.call('ZADD', P .. ':es:' .. state, digits(now), id)
if state == 'pending' then
  redis.call('ZADD', due, digits(now + ARGV[5]), id)
else
  redis.call('ZREM', due, id)
end
local first = redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')[2]
if first then
  redis.call('ZADD', P .. ':endpoints', first, endpoint)
else
  redis.call('ZREM', P .. ':endpoints', endpoint)
end
return 1
