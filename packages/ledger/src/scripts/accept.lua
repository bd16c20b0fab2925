-- Writes new generations and puts them into the backlog. An id that is there already is compared, never overwritten.
-- KEYS    [1] prefix of the cell
-- ARGV    [1] "atomic" (none is written if one cannot be) or "each"; then seven per generation:
--         id, hash of the body, account, tenant, priority, frozen request, field pairs as JSON {batch?, expires?, …}
-- Returns per generation: accepted | existing | mismatch · with "atomic" and a mismatch nothing is written and the others say `skipped`
--- @include keys
--- @include clock
--- @include backlog

local WIDTH = 7
local count = (#ARGV - 1) / WIDTH

local function arg(item, position)
  return ARGV[1 + (item - 1) * WIDTH + position]
end

-- The same id may stand twice in one call: the second one finds the first.
local answers, mismatches, fresh, seen = {}, 0, 0, {}
for item = 1, count do
  local id = arg(item, 1)
  local known = seen[id] or redis.call('HGET', keys.record(id), 'hash')
  if not known then
    answers[item] = 'accepted'
    fresh = fresh + 1
    seen[id] = arg(item, 2)
  elseif known == arg(item, 2) then
    answers[item] = 'existing'
  else
    answers[item] = 'mismatch'
    mismatches = mismatches + 1
  end
end
if ARGV[1] == 'atomic' and mismatches > 0 then
  for item = 1, count do
    answers[item] = answers[item] == 'accepted' and 'skipped' or answers[item]
  end
  return answers
end

local time, seq = digits(now), redis.call('INCRBY', keys.sequence, fresh) - fresh
local indexes, batches = {}, {}
for item = 1, count do
  local id = arg(item, 1)
  if answers[item] == 'accepted' then
    seq = seq + 1
    local account, tenant, priority = arg(item, 3), arg(item, 4), arg(item, 5)
    local fields = cjson.decode(arg(item, 7))
    local write = { 'state', 'queued', 'v', '1', 'n', '0', 'at', time, 'born', time, 'attempt', '1', 'account', account, 'tenant', tenant,
      'priority', priority, 'seq', digits(seq), 'hash', arg(item, 2), 'lane', 'backlog' }
    for name, value in pairs(fields) do
      write[#write + 1] = name
      write[#write + 1] = name == 'expires' and digits(now + value) or value
    end
    redis.call('HSET', keys.record(id), unpack(write))
    redis.call('SET', keys.request(id), arg(item, 6))
    join_backlog(id, account, priority, tenant, seq)
    local index = indexes[tenant] or {}
    indexes[tenant] = index
    index[#index + 1] = time
    index[#index + 1] = id
    if fields.batch then
      local name = tenant .. ':' .. fields.batch
      local batch = batches[name] or {}
      batches[name] = batch
      batch[#batch + 1] = id
    end
    if fields.expires then
      redis.call('ZADD', keys.expiries, digits(now + fields.expires), id)
    end
  end
end
-- Lua passes at most some thousands of values in one call.
local function add_all(command, key, values)
  for start = 1, #values, 2000 do
    redis.call(command, key, unpack(values, start, math.min(start + 1999, #values)))
  end
end

for tenant, index in pairs(indexes) do
  redis.call('SADD', keys.tenants, tenant)
  add_all('ZADD', keys.state('queued', tenant), index)
end
for name, batch in pairs(batches) do
  add_all('RPUSH', keys.batch(name), batch)
  redis.call('HINCRBY', keys.batch_counts(name), 'queued', #batch)
end
return answers
