#!lua flags=allow-oom
-- Takes one token of an account for a request that no claim has counted.
-- KEYS    [1] prefix of the cell
-- ARGV    [1] account  [2] tokens per ms (0: no limit)  [3] burst  [4] tokens left to others  [5] bucket: `tokens` or `looks`
-- Returns ms until a token is there; 0: it is taken
--- @include keys
--- @include clock
--- @include bucket

local account, rate, reserve, bucket = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[4]), ARGV[5]
local saved = redis.call('HMGET', keys.account(account), bucket, bucket .. 'At', bucket == 'looks' and 'looksUntil' or 'until')
local blocked = tonumber(saved[3] or 0) - now
if blocked > 0 then
  return digits(blocked)
end
local tokens = tokens_now(saved[1], saved[2], rate, tonumber(ARGV[3]))
if tokens < 1 + reserve then
  return digits(math.ceil((1 + reserve - tokens) / rate))
end
save_tokens(account, rate, tokens - 1, bucket)
return '0'
