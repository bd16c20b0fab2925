#!lua flags=allow-oom
-- Hears a genuine callback. Makes its generation due, if it waits in one of the lanes given, but not sooner than the gap after the last time.
-- A task id that no generation owns is a hint and no more: it is kept in the record while the task of that attempt is unknown, else noted
-- to be looked up. Each attempt may name a few. What no generation owns is never written among the tasks or the orphans here.
-- KEYS    [1] prefix of the cell
-- ARGV    [1] id  [2] account  [3] attempt  [4] task id ("": none)  [5] gap in ms  [6] ms until a noted task is looked up
--         [7] "1": its token names no account, as an older version made them  [8…] lanes
-- Returns [state | missing, 1 if it waits in one of the lanes] · [refused, 0]
--- @include keys
--- @include clock
--- @include task

local most_names, most_noted, week = 5, 1000, 7 * 86400000
local id, account, attempt, task, gap = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local key = keys.record(id)
local saved = redis.call('HMGET', key, 'state', 'lane', 'account', 'attempt', 'task', 'earlier', 'hint', 'hints', 'called', 'born')
local state, own, hint, called = saved[1], saved[3] == account, saved[7], saved[9]
local open = { queued = true, submitting = true, unknown = true, needs_review = true }
local is_open = own and open[state] and saved[4] == attempt

-- Such a token is heard of a generation that began before the first of them came here, for a week.
local function is_too_old()
  redis.call('SET', keys.old_tokens, digits(now), 'NX')
  local since = tonumber(redis.call('GET', keys.old_tokens))
  return not own or tonumber(saved[10]) > since or now > since + week
end

local function is_new()
  local names = ' ' .. (saved[5] or '') .. ' ' .. (saved[6] or '') .. ' '
  local owner = redis.call('HGET', keys.tasks(account), task_hash(task))
  return not string.find(names, ' ' .. task .. ' ', 1, true) and (not owner or (owner == id and is_open))
end

-- Counts the task among those that the attempt has named: `new`, `again`, or nil where it has named enough.
local function named()
  local name, count = attempt .. ':' .. task_hash(task), 0
  for word in string.gmatch(saved[8] or '', '%S+') do
    if word == name then
      return 'again'
    end
    count = count + (string.match(word, '^%d+') == attempt and 1 or 0)
  end
  if count >= most_names then
    return nil
  end
  if state then
    redis.call('HSET', key, 'hints', (saved[8] and saved[8] .. ' ' or '') .. name)
  end
  return 'new'
end

local function note(noted)
  if redis.call('ZCARD', keys.named(account)) < most_noted then
    redis.call('ZADD', keys.named(account), 'NX', digits(now + ARGV[6]), 'named ' .. id .. ' ' .. noted)
  end
end

local function wake()
  local at, changed, waits = digits(math.max(now, (called or now - gap) + gap)), 0, 0
  for i = 8, #ARGV do
    if saved[2] == ARGV[i] then
      waits = 1
      changed = redis.call('ZADD', keys.due(ARGV[i], account), 'XX', 'LT', 'CH', at, id)
    end
  end
  if changed == 1 or not called then
    redis.call('HSET', key, 'called', at)
  end
  return waits
end

if ARGV[7] == '1' and is_too_old() then
  return { 'refused', 0 }
end
if own then
  redis.call('HSET', keys.account(account), 'heard', digits(now))
  redis.call('HDEL', keys.account(account), 'missed')
end
if task ~= '' and is_new() then
  local how = named()
  if how and not is_open then
    note(task)
  elseif how == 'new' or (how and not hint) then
    if hint and hint ~= task then
      note(hint)
    end
    redis.call('HSET', key, 'hint', task)
  end
end
return { state or 'missing', own and wake() or 0 }
