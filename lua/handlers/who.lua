-- Who is on line. The screen shows it anew when something has changed.
local clients = require "bbs.clients"
local rooms = require "bbs.rooms"
local time = require "bbs.time"
local who = {}

local function idle(seconds)
  if seconds < 60 then return "" end
  return time.ago(time.now() - seconds)
end

-- What of it is for everybody.
local function doing(client)
  local t = client.zmodem
  if t then return t.sending and "gets a file" or "sends a file" end
  local room = rooms.of(client)
  return room and (room.private and "in a private room" or "in " .. room.name)
end

local function row(client)
  return {
    node = client.id,
    nick_name = client.nick_name,
    where = doing(client) or client.status or client.keyword,
    idle = idle(client.idle),
    since = os.date("%H:%M", math.floor(client.since)),
  }
end

-- Everything that the list shows, as one string.
local function snapshot()
  local parts = {}
  for i, client in ipairs(clients.all()) do
    local r = row(client)
    parts[i] = table.concat({ r.node, r.nick_name, r.where, r.idle, r.since }, " ")
  end
  return table.concat(parts, "\n")
end

-- <% each:who.list(rows=13) %>
function who.list(client, args)
  local rows = {}
  local all = clients.all()
  for i = 1, math.min(#all, args.rows) do rows[i] = row(all[i]) end
  client.data.who_more = #all - #rows
  client.data.who_seen = snapshot()
  return rows, #all
end

-- <% get:who.more %>
function who.more(client)
  local n = client.data.who_more
  if n > 0 then return "and " .. n .. " more" end
end

-- <% tick:who.tick(5) %>
function who.tick(client)
  if snapshot() ~= client.data.who_seen then return "refresh" end
end

return who
