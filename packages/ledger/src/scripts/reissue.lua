#!lua flags=allow-oom
-- Hands overdue work over again: the hand-over number goes up, so whatever the old job still does is stale.
-- KEYS    [1] prefix of the cell
-- ARGV    [1] lane (granted | finalize)  [2] account  [3] how many at most  [4] lease in ms
-- Returns [id, n, field `urgency`, id, n, urgency, …]
local P = KEYS[1]
--- @include clock

local key, answer = P .. ':d:' .. ARGV[1] .. ':' .. ARGV[2], {}
local ids = redis.call('ZRANGEBYSCORE', key, '-inf', digits(now), 'LIMIT', 0, ARGV[3])
for _, id in ipairs(ids) do
  local record = P .. ':g:' .. id
  redis.call('ZADD', key, digits(now + ARGV[4]), id)
  answer[#answer + 1] = id
  answer[#answer + 1] = redis.call('HINCRBY', record, 'n', 1)
  answer[#answer + 1] = redis.call('HGET', record, 'urgency') or ''
end
return answer
