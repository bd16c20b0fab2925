#!lua flags=allow-oom
-- Ids whose time allowed (`expiresIn`) is over; they are asked for again in a minute should nobody move them.
-- KEYS    [1] prefix of the cell
-- ARGV    [1] how many at most
-- Returns [id, state, lane, id, state, lane, …]
local P = KEYS[1]
--- @include clock

local answer = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. ':x', '-inf', digits(now), 'LIMIT', 0, ARGV[1])) do
  local saved = redis.call('HMGET', P .. ':g:' .. id, 'state', 'lane')
  if saved[1] then
    redis.call('ZADD', P .. ':x', digits(now + 60000), id)
    answer[#answer + 1] = id
    answer[#answer + 1] = saved[1]
    answer[#answer + 1] = saved[2] or ''
  else
    redis.call('ZREM', P .. ':x', id)
  end
end
return answer
