#!lua flags=no-writes
-- Reads records and their frozen requests.
-- KEYS    [1] prefix of the cell
-- ARGV    ids
-- Returns as JSON, per generation: [[field, value, …], request or false]. One text is taken apart faster than dozens of small ones.
--- @include keys

local answers = {}
for i, id in ipairs(ARGV) do
  answers[i] = { redis.call('HGETALL', keys.record(id)), redis.call('GET', keys.request(id)) }
end
return cjson.encode(answers)
