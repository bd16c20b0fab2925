#!lua flags=allow-oom
-- Writes the answers of one round of polls: what was seen, and when to look again. Only the holder of the lease may say so.
-- KEYS    [1] prefix of the cell
-- ARGV    [1] lane  [2] account  [3] end of the lease as claimed; then per generation:
--         id, ms until the next look, number of field pairs, field, value, …
-- Returns how many were still held by this lease
local P = KEYS[1]
--- @include clock

local key, held = P .. ':d:' .. ARGV[1] .. ':' .. ARGV[2], tonumber(ARGV[3])
local dues, position = {}, 4
while position <= #ARGV do
  local id, wait, pairs_count = ARGV[position], ARGV[position + 1], tonumber(ARGV[position + 2])
  if tonumber(redis.call('ZSCORE', key, id) or 0) == held then
    dues[#dues + 1] = digits(now + wait)
    dues[#dues + 1] = id
    if pairs_count > 0 then
      redis.call('HSET', P .. ':g:' .. id, unpack(ARGV, position + 3, position + 2 + pairs_count * 2))
    end
  end
  position = position + 3 + pairs_count * 2
end
if #dues > 0 then
  redis.call('ZADD', key, unpack(dues))
end
return #dues / 2
