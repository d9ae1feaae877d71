-- zmodem.lua -- bbs.zmodem: the transfers that are under way, by whichever protocol.
local clients = require "bbs.clients"
local text = require "bbs.text"

local zmodem = {}

local function percent(t)
  return t.size and t.size > 0 and ("%d %%"):format(t.bytes * 100 // t.size) or ""
end

local function time_left(seconds)
  if not seconds then return "" end
  if seconds < 60 then return seconds .. " s" end
  if seconds < 3600 then return ("%d min"):format((seconds + 59) // 60) end
  return ("%d h %02d min"):format(seconds // 3600, seconds % 3600 // 60)
end

-- zmodem.row(client) -> what a list shows of the client's transfer, all as text: {node=,
-- nick_name=, way="gets" or "sends", name=, done="42 %", size=, rate=, left=, errors=,
-- protocol=}; or nil: none is under way
function zmodem.row(client)
  local t = client.zmodem
  return t and {
    node = client.id,
    nick_name = client.nick_name,
    way = t.sending and "gets" or "sends",
    name = t.name or "",
    done = percent(t),
    size = t.size and t.size >= 0 and text.size(t.size) or "",
    rate = t.rate and t.rate > 0 and text.size(t.rate) .. "/s" or "",
    left = time_left(t.left),
    errors = t.errors,
    protocol = t.protocol,
  }
end

-- zmodem.rows() -> those of all callers who are logged in
function zmodem.rows()
  local rows = {}
  for _, client in ipairs(clients.all(true)) do rows[#rows + 1] = zmodem.row(client) end
  return rows
end

return zmodem
