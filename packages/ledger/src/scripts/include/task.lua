-- Task ids are the provider's text of any length; the index keeps 96 bits of their hash.
local function task_hash(task)
  return string.sub(redis.sha1hex(task), 1, 24)
end
