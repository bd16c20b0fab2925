-- A token bucket in the account's hash, in the fields `tokens` and `tokensAt`. `rate` is tokens per ms; 0 means no limit.
local function tokens_now(tokens, at, rate, burst)
  if rate == 0 then
    return math.huge
  end
  return math.min(burst, tonumber(tokens or burst) + (now - tonumber(at or now)) * rate)
end

local function save_tokens(account, rate, tokens)
  if rate ~= 0 then
    redis.call('HSET', P .. ':a:' .. account, 'tokens', string.format('%.6f', tokens), 'tokensAt', digits(now))
  end
end
