#!lua flags=allow-oom
-- Writes what came of tries of webhooks. Only the holder of a lease may say so.
-- KEYS    [1] prefix of the cell
-- ARGV    six per try: id, endpoint, end of the lease as claimed, new state (pending | delivered | exhausted),
--         ms until the next try (pending only), line for the log
-- Returns per try 1, or 0 where the lease is another's
--- @include keys
--- @include clock

local function record(id, endpoint, lease, state, again, line)
  local key, due = keys.event(id), keys.deliveries_due(endpoint)
  if tonumber(redis.call('ZSCORE', due, id) or 0) ~= tonumber(lease) then
    return 0
  end
  local saved = redis.call('HMGET', key, 'state', 'log', 'born', 'tries')
  local log = (saved[2] or '') .. '\n' .. digits(now - saved[3]) .. ':' .. line
  redis.call('HSET', key, 'state', state, 'log', log, 'tries', digits(saved[4] + 1))
  redis.call('ZREM', keys.delivery_leases(endpoint), id)
  redis.call('ZREM', keys.events(saved[1]), id)
  redis.call('ZADD', keys.events(state), digits(now), id)
  if state == 'pending' then
    redis.call('ZADD', due, digits(now + again), id)
  else
    redis.call('ZREM', due, id)
  end
  return 1
end

local answers, endpoints = {}, {}
for first = 1, #ARGV, 6 do
  answers[#answers + 1] = record(unpack(ARGV, first, first + 5))
  endpoints[ARGV[first + 1]] = true
end
for endpoint in pairs(endpoints) do
  local soonest = redis.call('ZRANGE', keys.deliveries_due(endpoint), 0, 0, 'WITHSCORES')[2]
  if soonest then
    redis.call('ZADD', keys.endpoints, soonest, endpoint)
  else
    redis.call('ZREM', keys.endpoints, endpoint)
  end
end
return answers
