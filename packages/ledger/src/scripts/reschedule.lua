#!lua flags=allow-oom
-- Makes claimed work due again, and writes what was seen of it. Only the holder of the lease may.
-- KEYS    [1] prefix of the cell
-- ARGV    [1] lane  [2] account; then per generation: id, end of the lease as claimed, ms until it is due, number of field pairs, field, value, …
-- Returns per generation 1, or 0 where the lease has passed to another
--- @include keys
--- @include clock

local key, ids, places, position = keys.due(ARGV[1], ARGV[2]), {}, {}, 3
while position <= #ARGV do
  ids[#ids + 1], places[#places + 1] = ARGV[position], position
  position = position + 4 + ARGV[position + 3] * 2
end
if #ids == 0 then
  return {}
end

local answers, dues = {}, {}
for i, due in ipairs(redis.call('ZMSCORE', key, unpack(ids))) do
  local place = places[i]
  answers[i] = 0
  if due and tonumber(due) == tonumber(ARGV[place + 1]) then
    answers[i] = 1
    dues[#dues + 1] = digits(now + ARGV[place + 2])
    dues[#dues + 1] = ids[i]
    if ARGV[place + 3] ~= '0' then
      redis.call('HSET', keys.record(ids[i]), unpack(ARGV, place + 4, place + 3 + ARGV[place + 3] * 2))
    end
  end
end
if #dues > 0 then
  redis.call('ZADD', key, unpack(dues))
end
return answers
