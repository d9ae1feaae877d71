-- The doors: a list with numbers, and the way in. Which there are, lua/settings.lua says.
local doors = require "bbs.doors"
local list = require "bbs.list"
local handlers = {}

-- What is said of a door; first of all why it can't be entered now.
local function about(door)
  if door.busy then
    return ("%s plays it since %s"):format(door.busy.nick_name, door.busy.since_text)
  end
  return door.why_not and "not set up: see below" or door.about
end

-- <% each:doors.list(rows=12, grows=true) %>
function handlers.list(client, args)
  local all = doors.list(client)
  local rows = {}
  local first = (args.page - 1) * args.rows
  client.data.doors = { problem = false }
  for i, door in ipairs(all) do
    client.data.doors[i] = door.name
    client.data.doors.problem = client.data.doors.problem or door.why_not
    if i > first and #rows < args.rows then
      rows[#rows + 1] = {
        number = i, title = door.title, minutes = math.ceil(door.minutes), about = about(door),
      }
    end
  end
  return rows, #all
end

-- <% if:doors.none %>
function handlers.none(client)
  return #client.data.doors == 0
end

-- <% if:doors.problem %>  <% get:doors.problem %>: what has to be set before a door can run
function handlers.problem(client)
  return client.data.doors.problem
end

-- The number that begins with `key`; one of a few needs no Enter.
local function read_number(client, key, most)
  if most < 10 then return tonumber(key) end
  local line = client:read_line { prompt = "\r\n  |03Number: |15", max = 3, default = key }
  return math.tointeger(tonumber(line or "0"))
end

-- <% key:doors.pick %>
function handlers.pick(client, key)
  if not key:find "^%d$" then return list.turn(client, key) end
  local open = client.data.doors
  local name = open[read_number(client, key, #open)]
  if not name then return "refresh", "There is no door of that number" end
  local seconds, why = doors.run(client, name)
  return "refresh", not seconds and why or nil
end

return handlers
