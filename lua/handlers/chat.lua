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

-- All that a page of the list shows, as one string.
local function snapshot(page, total)
  local parts = { total }
  for _, room in ipairs(page) do
    parts[#parts + 1] = room.name .. " " .. room.members .. " " .. room.topic
  end
  return table.concat(parts, "\n")
end

-- <% each:chat.rooms(rows=12, grows=true) %>
function chat.rooms(client, args)
  local view = { first = (args.page - 1) * args.rows + 1, count = args.rows }
  local page, total = rooms.list(client, view.first, view.count)
  local rows = {}
  for i, room in ipairs(page) do
    rows[i] = { number = view.first + i - 1, name = room.name, topic = room.topic,
      members = room.members, mark = room.private and "private" or "" }
  end
  view.list, view.total, view.seen = page, total, snapshot(page, total)
  client.data.rooms = view
  return rows, total
end

-- <% tick:chat.tick(2) %>: the list is shown anew when it has changed.
function chat.tick(client)
  local view = client.data.rooms
  if view and snapshot(rooms.list(client, view.first, view.count)) ~= view.seen then
    return "refresh"
  end
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
  local view = client.data.rooms
  if key == "enter" then return go_in(client, FIRST) end
  if key:find "^[1-9]$" and view.total < 10 then key = tonumber(key) end
  if type(key) == "string" and key:find "^%d$" then
    local line = client:read_line { prompt = "\r\n  |03Number: |15", default = key, max = 5 }
    key = math.tointeger(tonumber(line or ""))
    if not key then return "refresh" end
  end
  if math.type(key) then
    local room = key > 0
      and (view.list[key - view.first + 1] or rooms.list(client, key, 1)[1])
    if not room then return "refresh", "There is no such number" end
    return go_in(client, room.name)
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
  client.data.topic = room and room:topic()
  return client.data.topic
end

-- <% tick:chat.header(60) %>, and at once when the topic changes: the header tells it. Who was
-- put out of the room, and has had some seconds to read why, is led away; where the window is
-- cleared for that, it is said again.
function chat.header(client)
  local room, why = rooms.of(client)
  if not room then return "chat", client.term.ansi and why or nil end
  if client.term.ansi and room:topic() ~= client.data.topic then return "refresh" end
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
