-- Grants slots of one account: by priority, then tenants in turn, then order of arrival, while slots, rate, budget and window allow.
-- KEYS    [1] prefix of the cell
-- ARGV    [1] account  [2] slots  [3] tokens per ms (0: no limit)  [4] burst  [5] budget of the day in micro-USD ("": none)
--         [6] window: granted but not begun at most  [7] lease in ms  [8] JSON {tenant: weight}  [9] name of this call
-- Returns [reason of stopping, ms until it is worth trying again ("": when something frees), id, n, id, n, …]
--- @include keys
--- @include clock
--- @include backlog
--- @include bucket
--- @include once

local account, slots, rate, burst = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local budget, window, lease, weights = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), cjson.decode(ARGV[8])
local key, granted = keys.account(account), keys.due('granted', account)
local day = digits(math.floor(now / 86400000))
local state = redis.call('HMGET', key, 'paused', 'until', 'inFlight', 'spent:' .. day, 'tokens', 'tokensAt', 'wait')

local function stop(reason, again, grants)
  -- Written only when it changes: the reason is read far more often than it moves.
  if state[7] ~= reason then
    redis.call('HSET', key, 'wait', reason)
  end
  local answer = { reason, again and digits(math.ceil(again)) or '' }
  for _, value in ipairs(grants or {}) do
    answer[#answer + 1] = value
  end
  return answer
end

-- The next in line: highest priority, then the tenant that is furthest behind, then the oldest.
local function next_in_line()
  local priority = redis.call('ZREVRANGE', keys.priorities(account), 0, 0)[1]
  if not priority then
    return nil
  end
  local tenant = redis.call('ZRANGE', keys.ring(account, priority), 0, 0)[1]
  return redis.call('ZRANGE', keys.line(account, priority, tenant), 0, 0)[1], priority, tenant
end

local before = taken_before(ARGV[9])
if before then
  return stop(state[7] or '', nil, before)
end
if state[1] then
  return stop('paused:' .. state[1])
end
if tonumber(state[2] or 0) > now then
  return stop('throttled', state[2] - now)
end
local in_flight, spent = tonumber(state[3] or 0), tonumber(state[4] or 0)
local open, tokens = redis.call('ZCARD', granted), tokens_now(state[5], state[6], rate, burst)
local grants, taken, reason, again = {}, 0, nil, nil
while not reason do
  local id, priority, tenant = next_in_line()
  if not id then
    reason = 'empty'
  elseif in_flight >= slots then
    reason = 'slots:' .. slots
  elseif open >= window then
    reason = 'window'
  elseif tokens < 1 then
    reason, again = 'rate', (1 - tokens) / rate
  else
    local record = keys.record(id)
    local saved = redis.call('HMGET', record, 'n', 'estimate')
    local estimate = tonumber(saved[2] or 0)
    if budget and spent + estimate > budget then
      reason = 'budget'
    else
      leave_backlog(id, account, priority, tenant)
      local n = digits(saved[1] + 1)
      redis.call('HSET', record, 'lane', 'granted', 'n', n, 'slot', '1', 'held', digits(estimate), 'day', day)
      redis.call('ZADD', granted, digits(now + lease), id)
      local ring = keys.ring(account, priority)
      if redis.call('ZSCORE', ring, tenant) then
        redis.call('ZINCRBY', ring, 1 / (weights[tenant] or 1), tenant)
      end
      grants[#grants + 1] = id
      grants[#grants + 1] = n
      taken, in_flight, open, tokens, spent = taken + 1, in_flight + 1, open + 1, tokens - 1, spent + estimate
    end
  end
end
if taken > 0 then
  redis.call('HSET', key, 'inFlight', digits(in_flight), 'spent:' .. day, digits(spent))
  save_tokens(account, rate, tokens, 'tokens')
  remember(ARGV[9], grants, lease)
end
return stop(reason, again, grants)
