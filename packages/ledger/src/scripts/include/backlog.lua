-- The backlog of an account: per priority and tenant one line in order of arrival, and per priority a ring of tenants by virtual time.
local function join_backlog(id, account, priority, tenant, seq)
  redis.call('ZADD', keys.line(account, priority, tenant), seq, id)
  local ring = keys.ring(account, priority)
  if not redis.call('ZSCORE', ring, tenant) then
    -- A tenant that comes (back) starts level with the one that is furthest behind: no credit for having been away.
    local first = redis.call('ZRANGE', ring, 0, 0, 'WITHSCORES')
    redis.call('ZADD', ring, first[2] or 0, tenant)
    redis.call('ZADD', keys.priorities(account), priority, priority)
  end
end

local function leave_backlog(id, account, priority, tenant)
  local key = keys.line(account, priority, tenant)
  if redis.call('ZREM', key, id) == 1 and redis.call('EXISTS', key) == 0 then
    local ring = keys.ring(account, priority)
    redis.call('ZREM', ring, tenant)
    if redis.call('EXISTS', ring) == 0 then
      redis.call('ZREM', keys.priorities(account), priority)
    end
  end
end
