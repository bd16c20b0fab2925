#!lua flags=allow-oom
-- Gives a waiting generation to another account, at its price; only one that waits without a slot, so nothing of it can have been sent.
-- KEYS    [1] prefix of the cell
-- ARGV    [1] id  [2] account it is expected at  [3] new account  [4] new class  [5] new estimate in micro-USD ("": unknown)  [6] note for the log
-- Returns 1, or 0 where it does not wait there any more
--- @include keys
--- @include clock
--- @include backlog

local key = keys.record(ARGV[1])
local saved = redis.call('HMGET', key, 'state', 'account', 'lane', 'priority', 'tenant', 'seq', 'task', 'log', 'born')
if saved[1] ~= 'queued' or saved[2] ~= ARGV[2] or saved[7] or (saved[3] ~= 'backlog' and saved[3] ~= 'backoff') then
  return 0
end
if saved[3] == 'backlog' then
  leave_backlog(ARGV[1], ARGV[2], saved[4], saved[5])
else
  redis.call('ZREM', keys.due('backoff', ARGV[2]), ARGV[1])
end
redis.call('HSET', key, 'account', ARGV[3], 'class', ARGV[4], 'lane', 'backlog', 'log', (saved[8] or '') .. '\nq' .. digits(now - saved[9]) .. ':' .. ARGV[6])
if ARGV[5] ~= '' then
  redis.call('HSET', key, 'estimate', ARGV[5])
else
  redis.call('HDEL', key, 'estimate')
end
join_backlog(ARGV[1], ARGV[3], saved[4], saved[5], saved[6])
return 1
