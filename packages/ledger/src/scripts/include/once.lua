-- A script is sent again when its answer was lost. By the name of its call it knows what it took then, and takes no more.
local function taken_before(call)
  local text = redis.call('GET', keys.claim(call))
  local words = text and {} or nil
  for word in string.gmatch(text or '', '%S+') do
    words[#words + 1] = word
  end
  return words
end

-- `ms`: as long as the leases of what it took.
local function remember(call, words, ms)
  redis.call('SET', keys.claim(call), table.concat(words, ' '), 'PX', math.max(1, ms))
end
