#!lua flags=allow-oom
-- Notes the wish to cancel on a generation that cannot be canceled at once.
-- KEYS    [1] prefix of the cell
-- ARGV    [1] id  [2…] states in which the wish is noted
-- Returns [noted, state] · [refused, state] · [missing]
--- @include keys

local key = keys.record(ARGV[1])
local state = redis.call('HGET', key, 'state')
if not state then
  return { 'missing' }
end
for i = 2, #ARGV do
  if ARGV[i] == state then
    redis.call('HSET', key, 'cancel', '1')
    return { 'noted', state }
  end
end
return { 'refused', state }
