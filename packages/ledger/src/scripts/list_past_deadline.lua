#!lua flags=allow-oom
-- Ids whose time allowed (`expiresIn`) is over; they are asked for again in a minute should nobody move them.
-- KEYS    [1] prefix of the cell
-- ARGV    [1] how many at most
-- Returns [id, state, lane, id, state, lane, …]
--- @include keys
--- @include clock

local answer = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', keys.expiries, '-inf', digits(now), 'LIMIT', 0, ARGV[1])) do
  local saved = redis.call('HMGET', keys.record(id), 'state', 'lane')
  if saved[1] then
    redis.call('ZADD', keys.expiries, digits(now + 60000), id)
    answer[#answer + 1] = id
    answer[#answer + 1] = saved[1]
    answer[#answer + 1] = saved[2] or ''
  else
    redis.call('ZREM', keys.expiries, id)
  end
end
return answer
