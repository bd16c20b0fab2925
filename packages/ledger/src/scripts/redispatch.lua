#!lua flags=allow-oom
-- Hands overdue work over again: the hand-over number goes up, so whatever the old job still does is stale.
-- KEYS    [1] prefix of the cell
-- ARGV    [1] lane (granted | finalize)  [2] account  [3] how many at most  [4] lease in ms  [5] name of this call
-- Returns [id, n, field `urgency`, id, n, urgency, …]
--- @include keys
--- @include clock
--- @include once

local key, answer = keys.due(ARGV[1], ARGV[2]), {}
local before = taken_before(ARGV[5])
local ids = before or redis.call('ZRANGEBYSCORE', key, '-inf', digits(now), 'LIMIT', 0, ARGV[3])
for _, id in ipairs(ids) do
  local record = keys.record(id)
  if not before then
    redis.call('ZADD', key, digits(now + ARGV[4]), id)
    redis.call('HINCRBY', record, 'n', 1)
  end
  local saved = redis.call('HMGET', record, 'n', 'urgency')
  answer[#answer + 1] = id
  answer[#answer + 1] = saved[1]
  answer[#answer + 1] = saved[2] or ''
end
if #ids > 0 and not before then
  remember(ARGV[5], ids, ARGV[4])
end
return answer
