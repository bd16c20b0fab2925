#!lua flags=allow-oom
-- Writes fields of a record that are no part of any move.
-- KEYS    [1] prefix of the cell
-- ARGV    [1] id  [2…] field, value, …
-- Returns 1, or 0 where the record is gone
--- @include keys
local key = keys.record(ARGV[1])
if redis.call('EXISTS', key) == 0 then
  return 0
end
redis.call('HSET', key, unpack(ARGV, 2))
return 1
