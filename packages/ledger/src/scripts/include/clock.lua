-- What every script begins with: the time of the server, the only clock of the ledger.
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

-- All digits of a whole number: Lua itself prints large ones as 1.7e+12. (Printing them as what they are takes a tenth of '%.0f'.)
local function digits(number)
  return string.format('%d', number)
end
