-- Who is on line, where, and from where. The list is shown anew when something has changed:
-- at once when somebody comes or goes.
local clients = require "bbs.clients"
local db = require "bbs.db"
local keep = require "bbs.keep"
local rooms = require "bbs.rooms"
local settings = require "bbs.settings"
local text = require "bbs.text"
local time = require "bbs.time"
local who = {}

local PLACE_WIDTH <const> = 14

local watching = keep "who.watching" -- clients who look at the list

local function idle(seconds)
  if seconds < 60 then return "" end
  return time.ago(time.now() - seconds)
end

-- What of it is for everybody.
local function doing(client)
  local t = client.zmodem
  if t then return t.sending and "gets a file" or "sends a file" end
  if client.calling then return "calls " .. client.calling end
  local room = rooms.of(client)
  return room and (room.private and "in a private room" or "in " .. room.name)
end

-- Where somebody is, for `viewer` to read.
local function where_is(client, viewer)
  local where = doing(client) or client.status or client.title
  return client.hidden and client.id ~= viewer.id and "hidden: " .. where or where
end

local function row(client, viewer)
  return {
    node = client.id,
    handle = client.user_id,
    nick_name = client.nick_name,
    where = where_is(client, viewer),
    from = "",
    idle = idle(client.idle),
    since = os.date("%H:%M", math.floor(client.since)),
    generation = viewer.level >= settings.levels.sysop and client.generation or nil,
  }
end

-- Where they say that they call from.
local function add_locations(rows)
  local marks, handles, found = {}, {}, {}
  for i, r in ipairs(rows) do marks[i], handles[i] = "?", r.handle end
  local users = db.rows("SELECT handle, location FROM users WHERE location IS NOT NULL AND "
    .. "handle IN (" .. table.concat(marks, ", ") .. ")", table.unpack(handles))
  for _, user in ipairs(users) do found[user.handle] = user.location end
  for _, r in ipairs(rows) do r.from = found[r.handle] or "" end
end

-- Sysops see which generation of the board's files each has.
local function add_generations(rows)
  for _, r in ipairs(rows) do
    local after = r.generation and " gen " .. r.generation
    if after then r.from = text.pad(r.from, PLACE_WIDTH - #after) .. after end
  end
end

-- The rows from number `first` on, how many callers there are, and all that is shown, as one
-- string.
local function look(viewer, first, count)
  local rows, parts, total = {}, {}, 0
  for other in clients.each(viewer) do
    total = total + 1
    if total >= first and total < first + count then
      local r = row(other, viewer)
      rows[#rows + 1] = r
      parts[#parts + 1] = table.concat({ r.node, r.nick_name, r.where, r.idle, r.since,
        r.generation }, " ")
    end
  end
  return rows, total, table.concat(parts, "\n") .. "\n" .. total
end

-- <% each:who.list(rows=12, grows=true) %>
function who.list(client, args)
  local view = { first = (args.page - 1) * args.rows + 1, rows = args.rows }
  local rows, total
  rows, total, view.seen = look(client, view.first, view.rows)
  add_locations(rows)
  add_generations(rows)
  client.data.who = view
  return rows, total
end

-- <% enter:who.enter %> and <% leave:who.leave %>
function who.enter(client)
  watching[client] = true
end

function who.leave(client)
  watching[client] = nil
end

clients.listen("who", function()
  for client in pairs(watching) do client:wake() end
end)

-- <% tick:who.tick(5) %>
function who.tick(client)
  local view = client.data.who
  if not view then return end
  local _, _, now = look(client, view.first, view.rows)
  if now ~= view.seen then return "refresh" end
end

return who
