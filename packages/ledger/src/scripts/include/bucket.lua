-- Token buckets in the account's hash: `tokens` and `tokensAt` for requests, `looks` and `looksAt` where the provider counts looks
-- apart. `rate` is tokens per ms; 0 means no limit.
local function tokens_now(tokens, at, rate, burst)
  if rate == 0 then
    return math.huge
  end
  return math.min(burst, tonumber(tokens or burst) + (now - tonumber(at or now)) * rate)
end

local function save_tokens(account, rate, tokens, bucket)
  if rate ~= 0 then
    redis.call('HSET', keys.account(account), bucket, string.format('%.6f', tokens), bucket .. 'At', digits(now))
  end
end
