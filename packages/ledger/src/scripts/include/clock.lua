-- What every script begins with: the time of the server, the only clock of the ledger.
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

-- Lua prints large numbers as 1.7e+12; Redis needs all digits.
local function digits(number)
  return string.format('%.0f', number)
end
