#!lua flags=allow-oom
-- Takes an orphan that an operator has dealt with from the list; who and when is kept for a year.
-- KEYS    [1] prefix of the cell
-- ARGV    [1] task  [2] account ("": any)  [3] by whom  [4] note ("": none)
-- Returns its entries as JSON; none where it is not in the list
--- @include keys
--- @include clock

local year = 365 * 86400000
local taken = {}
for _, line in ipairs(redis.call('LRANGE', keys.orphans, 0, -1)) do
  local entry = cjson.decode(line)
  if entry.task == ARGV[1] and (ARGV[2] == '' or entry.account == ARGV[2]) then
    redis.call('LREM', keys.orphans, 1, line)
    entry.by, entry.acked = ARGV[3], digits(now)
    entry.note = ARGV[4] ~= '' and ARGV[4] or nil
    taken[#taken + 1] = cjson.encode(entry)
    redis.call('ZADD', keys.orphans_acked, digits(now), taken[#taken])
  end
end
redis.call('ZREMRANGEBYSCORE', keys.orphans_acked, '-inf', digits(now - year))
return taken
