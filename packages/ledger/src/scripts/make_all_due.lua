#!lua flags=allow-oom
-- Pulls every due time of one lane forward to now: used when the jobs behind it are gone.
-- KEYS    [1] prefix of the cell
-- ARGV    [1] lane  [2] account
-- Returns how many were pulled
--- @include keys
--- @include clock

local key = keys.due(ARGV[1], ARGV[2])
local ids, dues = redis.call('ZRANGEBYSCORE', key, '(' .. digits(now), '+inf'), {}
for i, id in ipairs(ids) do
  dues[#dues + 1] = digits(now)
  dues[#dues + 1] = id
  if #dues == 1000 or i == #ids then
    redis.call('ZADD', key, unpack(dues))
    dues = {}
  end
end
return #ids
