#!lua flags=allow-oom
-- Removes records that ended longer ago than the retention; the manifest beside the outputs stays.
-- KEYS    [1] prefix of the cell
-- ARGV    [1] state  [2] tenant  [3] retention in ms  [4] how many at most
-- Returns how many were removed
--- @include keys
--- @include clock
--- @include task

local index = keys.state(ARGV[1], ARGV[2])
local ids = redis.call('ZRANGEBYSCORE', index, '-inf', digits(now - ARGV[3]), 'LIMIT', 0, ARGV[4])
local gone, batches = 0, {}
for _, id in ipairs(ids) do
  local key = keys.record(id)
  local saved = redis.call('HMGET', key, 'account', 'batch', 'task', 'events', 'slot', 'earlier', 'lane')
  -- a record with a due time is an expired one that is watched: its task may still succeed
  if not saved[7] then
    -- records of older versions may still hold a slot
    if saved[5] then
      redis.call('HINCRBY', keys.account(saved[1]), 'inFlight', -1)
    end
    for task in string.gmatch((saved[3] or '') .. ' ' .. (saved[6] or ''), '%S+') do
      redis.call('HDEL', keys.tasks(saved[1]), task_hash(task))
    end
    if saved[2] then
      batches[saved[2]] = true
      redis.call('HINCRBY', keys.batch_counts(ARGV[2] .. ':' .. saved[2]), ARGV[1], -1)
    end
    for event = 1, tonumber(saved[4] or 0) do
      local name = 'msg_' .. id .. '_' .. event
      local endpoint = redis.call('HGET', keys.event(name), 'endpoint')
      if endpoint then
        redis.call('ZREM', keys.deliveries_due(endpoint), name)
        for _, state in ipairs({ 'pending', 'delivered', 'exhausted' }) do
          redis.call('ZREM', keys.events(state), name)
        end
        redis.call('DEL', keys.event(name))
      end
    end
    redis.call('ZREM', index, id)
    redis.call('DEL', key, keys.request(id))
    gone = gone + 1
  end
end
-- A batch forgets from its beginning on, and counts how many, so that the places of the others stay what they were.
for batch in pairs(batches) do
  local rows, counts = keys.batch(ARGV[2] .. ':' .. batch), keys.batch_counts(ARGV[2] .. ':' .. batch)
  local first = redis.call('LINDEX', rows, 0)
  while first and redis.call('EXISTS', keys.record(first)) == 0 do
    redis.call('LPOP', rows)
    redis.call('HINCRBY', counts, 'forgotten', 1)
    first = redis.call('LINDEX', rows, 0)
  end
  if not first then
    redis.call('DEL', counts)
  end
end
return gone
