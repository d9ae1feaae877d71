-- The rooms, and the one that the caller is in.
local list = require "bbs.list"
local rooms = require "bbs.rooms"
local chat = {}

local FIRST <const> = "Lobby"

rooms.define {
  { name = FIRST, topic = "Come in, and whatever comes up" },
  { name = "Art", topic = "ANSI, ASCII, and how it is done" },
  { name = "Tech", topic = "Machines, modems, and this board" },
}

-- <% each:chat.rooms(rows=12) %>
function chat.rooms(client, args)
  local all = rooms.list(client)
  local rows = {}
  local first = (args.page - 1) * args.rows
  for i = first + 1, math.min(#all, first + args.rows) do
    local room = all[i]
    rows[#rows + 1] = { number = i, name = room.name, topic = room.topic,
      members = room.members, mark = room.private and "private" or "" }
  end
  client.data.rooms = all
  return rows, #all
end

-- Everything that the list of rooms shows, as one string.
local function snapshot(client)
  local parts = {}
  for i, room in ipairs(rooms.list(client)) do
    parts[i] = room.name .. room.members .. room.topic
  end
  return table.concat(parts, "\n")
end

-- <% tick:chat.tick(2) %>: the list is shown anew when it has changed.
function chat.tick(client)
  local now = snapshot(client)
  local is_old = client.data.rooms_seen ~= now
  client.data.rooms_seen = now
  if is_old then return "refresh" end
end

-- <% enter:chat.look %>
function chat.look(client)
  client.data.rooms_seen = snapshot(client)
end

local function go_in(client, name)
  local room, why = rooms.find(name)
  if not room then return "refresh", why or "There is no room " .. name end
  local ok
  ok, why = room:join(client)
  if not ok then return "refresh", why end
  return "chat/room"
end

-- <% key:chat.pick %>
function chat.pick(client, key)
  local all = client.data.rooms or {}
  if key == "enter" then return go_in(client, FIRST) end
  if key:find "^[1-9]$" and #all < 10 then key = tonumber(key) end
  if type(key) == "string" and key:find "^%d$" then
    local line = client:read_line { prompt = "\r\n  |03Number: |15", default = key, max = 4 }
    key = math.tointeger(tonumber(line or ""))
    if not key then return "refresh" end
  end
  if math.type(key) then
    if not all[key] then return "refresh", "There is no such number" end
    return go_in(client, all[key].name)
  end
  if key:lower() == "m" then
    local name = client:read_line { prompt = "\r\n  |03The new room is called: |15", max = 30 }
    if not name or not name:find "%S" then return "refresh" end
    local room, why = rooms.open(name, { by = client })
    if not room then return "refresh", why end
    return go_in(client, room.name)
  end
  return list.turn(client, key)
end

-- <% enter:chat.enter %> of a room: who comes here without one is in the first.
function chat.enter(client)
  if rooms.of(client) then return end
  local ok, why = rooms.find(FIRST):join(client)
  if not ok then return "chat", why end
end

-- <% leave:chat.leave %>
function chat.leave(client)
  local room = rooms.of(client)
  if room then room:leave(client) end
end

-- <% get:chat.name %>
function chat.name(client)
  local room = rooms.of(client)
  return room and room.name or "no room"
end

-- <% get:chat.topic %>
function chat.topic(client)
  local room = rooms.of(client)
  return room and room:topic()
end

-- <% get:chat.members %>
function chat.members(client)
  local room = rooms.of(client)
  local members = room and room:members(client) or {}
  local names = {}
  for i, member in ipairs(members) do
    if i > 12 then
      names[#names + 1] = ("and %d more"):format(#members - 12)
      break
    end
    names[i] = member.nick_name
  end
  return table.concat(names, ", ")
end

-- <% set:chat.say(max=400, history=50) %>
function chat.say(client, text)
  local room = rooms.of(client)
  if not room then return "repeat", "You are in no room: /join NAME, or Esc" end
  local ok, why = room:say(client, text)
  return "repeat", not ok and why or nil
end

return chat
