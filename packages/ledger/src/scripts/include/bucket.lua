-- A token bucket in the account's hash. `rate` is tokens per ms; 0 means no limit.
local function bucket(account, rate, burst)
  if rate == 0 then
    return math.huge
  end
  local key = P .. ':a:' .. account
  local saved = redis.call('HMGET', key, 'tokens', 'tokensAt')
  local tokens = tonumber(saved[1] or burst)
  return math.min(burst, tokens + (now - tonumber(saved[2] or now)) * rate)
end

local function save_bucket(account, rate, tokens)
  if rate ~= 0 then
    redis.call('HSET', P .. ':a:' .. account, 'tokens', string.format('%.6f', tokens), 'tokensAt', digits(now))
  end
end
