#!lua flags=allow-oom
-- Writes the answers of one round of polls: what was seen, and when to look again. Only the holder of the lease may say so.
-- KEYS    [1] prefix of the cell
-- ARGV    [1] lane  [2] account  [3] end of the lease as claimed; then per generation:
--         id, ms until the next look, number of field pairs, field, value, …
-- Returns how many were still held by this lease
local P = KEYS[1]
--- @include clock

local key, ids, places, position = P .. ':d:' .. ARGV[1] .. ':' .. ARGV[2], {}, {}, 4
while position <= #ARGV do
  ids[#ids + 1], places[#places + 1] = ARGV[position], position
  position = position + 3 + ARGV[position + 2] * 2
end
if #ids == 0 then
  return 0
end

local held, dues = tonumber(ARGV[3]), {}
for i, due in ipairs(redis.call('ZMSCORE', key, unpack(ids))) do
  if due and tonumber(due) == held then
    local place = places[i]
    dues[#dues + 1] = digits(now + ARGV[place + 1])
    dues[#dues + 1] = ids[i]
    if ARGV[place + 2] ~= '0' then
      redis.call('HSET', P .. ':g:' .. ids[i], unpack(ARGV, place + 3, place + 2 + ARGV[place + 2] * 2))
    end
  end
end
if #dues > 0 then
  redis.call('ZADD', key, unpack(dues))
end
return #dues / 2
