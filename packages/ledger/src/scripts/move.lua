#!lua flags=allow-oom
-- Moves generations from one state to another, each one wholly or not at all. The only writer of `state`.
-- KEYS    [1] prefix of the cell
-- ARGV    one JSON object per move:
--         id, from[], to, token, mark (letter for the log), note?, expect {n?, lane?, token?, task?, hint?, attempt?, account?, calm?},
--         due {lane, in? | at?}?,
--         handover?, free?, set {field: text}?, unset[]?, task?, cost (micro-USD)?, request?, event {endpoint, url, body}?, want[]?
-- Returns per move: [moved | already, n, …wanted fields] · [conflict, state] · [stale, state] · [canceling, state] ·
--         [taken, other generation] · [orphaned, state] · [missing]
--- @include keys
--- @include clock
--- @include backlog
--- @include task

local holds_slot = { submitting = true, running = true, unknown = true, needs_review = true, expired = true }
local rests = { succeeded = true, failed = true, canceled = true, expired = true }
-- What the mover may believe of a record. A difference means that somebody else has been at it meanwhile.
local believed = { 'n', 'lane', 'token', 'task', 'hint', 'attempt', 'account' }

local function read(key)
  local flat, record = redis.call('HGETALL', key), {}
  for i = 1, #flat, 2 do
    record[flat[i]] = flat[i + 1]
  end
  return record
end

-- The fields that the move at hand writes and those that it takes away, each kind in one command at its end.
local written, dropped

local function put(name, value)
  written[#written + 1] = name
  written[#written + 1] = value
end

local function drop(r, name)
  if r[name] then
    dropped[#dropped + 1] = name
  end
end

local function save(r, key)
  redis.call('HSET', key, unpack(written))
  if #dropped > 0 then
    redis.call('HDEL', key, unpack(dropped))
  end
  for i = 1, #written, 2 do
    r[written[i]] = written[i + 1]
  end
end

-- A task that nothing of ours names is money: it is noted, once.
local function orphan(m, account, more)
  local owners, field = keys.tasks(account), task_hash(m.task)
  if redis.call('HSETNX', owners, field, m.id) == 1 or more.owner then
    more.generation, more.account, more.task, more.at = m.id, account, m.task, digits(now)
    redis.call('LPUSH', keys.orphans, cjson.encode(more))
  end
end

local function refuse(m, r)
  local allowed, expect = false, m.expect or {}
  for _, state in ipairs(m.from) do
    allowed = allowed or state == r.state
  end
  if not allowed then
    return { 'conflict', r.state }
  end
  for _, name in ipairs(believed) do
    if expect[name] and expect[name] ~= (r[name] or '') then
      return { 'stale', r.state }
    end
  end
  if expect.calm and r.cancel then
    return { 'canceling', r.state }
  end
  local owner = m.task and redis.call('HGET', keys.tasks(r.account), task_hash(m.task))
  if owner and owner ~= m.id then
    orphan(m, r.account, { owner = owner })
    return { 'taken', owner }
  end
end

-- The answer to a move that is not made; a task that it brought must not be lost with it.
local function refused(m, r, no)
  local named = m.task and string.find(' ' .. (r.earlier or '') .. ' ' .. (r.task or '') .. ' ', ' ' .. m.task .. ' ', 1, true)
  if not m.task or named or no[1] == 'taken' then
    return no
  end
  orphan(m, (m.expect or {}).account or r.account, { known = r.task })
  return { 'orphaned', r.state }
end

-- The due time: out of the old lane or the backlog, into the new one.
local function reschedule(m, r)
  local lane = m.due and m.due.lane
  if r.lane == 'backlog' and lane ~= 'backlog' then
    leave_backlog(m.id, r.account, r.priority, r.tenant)
  elseif r.lane and r.lane ~= lane then
    redis.call('ZREM', keys.due(r.lane, r.account), m.id)
  end
  if lane == 'backlog' then
    join_backlog(m.id, r.account, r.priority, r.tenant, r.seq)
  elseif lane then
    redis.call('ZADD', keys.due(lane, r.account), m.due.at or digits(now + m.due['in']), m.id)
  end
  if lane then put('lane', lane) else drop(r, 'lane') end
end

-- Slot and reserved money go back when the provider can no longer be running it.
local function settle(m, r)
  local account = keys.account(r.account)
  if r.slot and (m.free or not holds_slot[m.to]) then
    redis.call('HINCRBY', account, 'inFlight', -1)
    drop(r, 'slot')
  end
  if r.held and (m.cost or not (holds_slot[m.to] or m.to == 'finalizing')) then
    local spent = m.cost or (m.to == 'succeeded' and r.held) or '0'
    redis.call('HINCRBY', account, 'spent:' .. r.day, digits(spent - r.held))
    drop(r, 'held')
    drop(r, 'day')
    -- a reserve of 0 is an unknown price, a cost of 0 that is said is known
    if m.cost or spent ~= '0' then put('cost', digits((r.cost or 0) + spent)) end
  end
end

local function announce(m, r)
  local count = (r.events or 0) + 1
  local id = 'msg_' .. m.id .. '_' .. digits(count)
  redis.call('HSET', keys.event(id), 'generation', m.id, 'tenant', r.tenant, 'endpoint', m.event.endpoint, 'url', m.event.url,
    'body', m.event.body, 'tries', '0', 'state', 'pending', 'born', digits(now))
  redis.call('ZADD', keys.deliveries_due(m.event.endpoint), digits(now), id)
  redis.call('ZADD', keys.endpoints, 'LT', digits(now), m.event.endpoint)
  redis.call('ZADD', keys.events('pending'), digits(now), id)
  return digits(count)
end

local function index(m, r)
  if m.to == r.state then
    return
  end
  redis.call('ZREM', keys.state(r.state, r.tenant), m.id)
  redis.call('ZADD', keys.state(m.to, r.tenant), digits(now), m.id)
  if r.batch then
    local counts = keys.batch_counts(r.tenant .. ':' .. r.batch)
    redis.call('HINCRBY', counts, r.state, -1)
    redis.call('HINCRBY', counts, m.to, 1)
  end
  if r.expires and rests[m.to] then
    redis.call('ZREM', keys.expiries, m.id)
  end
end

local function log_with(m, r)
  local log = (r.log or '') .. '\n' .. m.mark .. digits(now - r.born) .. (m.note and (':' .. m.note) or '')
  if #log > 2000 then
    log = string.sub(log, 1, 500) .. '\n' .. string.match(string.sub(log, -1000), '\n(.*)')
  end
  return log
end

local function make(m, r, key)
  local n = m.handover and digits(r.n + 1) or r.n
  written, dropped = { 'state', m.to, 'token', m.token, 'at', digits(now), 'n', n, 'log', log_with(m, r) }, {}
  reschedule(m, r)
  if m.task then
    put('task', m.task)
    redis.call('HSET', keys.tasks(r.account), task_hash(m.task), m.id)
  end
  if m.event then put('events', announce(m, r)) end
  for _, name in ipairs(m.unset or {}) do
    drop(r, name)
  end
  for name, value in pairs(m.set or {}) do
    put(name, value)
  end
  settle(m, r)
  index(m, r)
  save(r, key)
  if m.request then redis.call('SET', keys.request(m.id), m.request) end
  return { 'moved', n }
end

local function move(m)
  local key = keys.record(m.id)
  local r = read(key)
  if not r.state then
    if m.task and m.expect and m.expect.account then
      orphan(m, m.expect.account, {})
    end
    return { 'missing' }
  end
  local answer = { 'already', r.n }
  if r.token ~= m.token then
    local no = refuse(m, r)
    if no then
      return refused(m, r, no)
    end
    answer = make(m, r, key)
  end
  if m.want then
    for _, name in ipairs(m.want) do
      answer[#answer + 1] = r[name] or ''
    end
    answer[#answer + 1] = redis.call('GET', keys.request(m.id)) or ''
  end
  return answer
end

local answers = {}
for i, text in ipairs(ARGV) do
  answers[i] = move(cjson.decode(text))
end
return answers
