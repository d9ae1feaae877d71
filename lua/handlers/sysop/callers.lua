-- Callers on line, for sysops: where each is, since when nothing was typed, and from where.
local audit = require "bbs.audit"
local clients = require "bbs.clients"
local list = require "bbs.list"
local sys = require "bbs.sys"
local sysop = require "bbs.sysop"
local time = require "bbs.time"
local callers = {}

local function row(client)
  return {
    node = client.id,
    handle = client.user_id .. (client.hidden and "*" or ""),
    level = client.level,
    where = client.calling and "calls " .. client.calling or client.status or client.keyword,
    idle = client.idle < 60 and "" or time.ago(time.now() - client.idle),
    generation = client.generation,
    address = client.address,
  }
end

-- The rows of a page, how many there are in all, and all of it as one text.
local function look(page, count)
  local rows, parts = {}, {}
  local all = clients.nodes()
  for i = (page - 1) * count + 1, math.min(page * count, #all) do
    local r = row(all[i])
    rows[#rows + 1] = r
    parts[#parts + 1] = table.concat({
      r.node, r.handle, r.level, r.where, r.idle, r.generation,
    }, " ")
  end
  return rows, #all, table.concat(parts, "\n") .. "\n" .. #all
end

-- <% each:sysop.callers.list(rows=13, grows=true) %>
function callers.list(client, args)
  local view = { page = args.page, rows = args.rows }
  local rows, total
  rows, total, view.seen = look(view.page, view.rows)
  client.data.sysop_callers = view
  return rows, total
end

-- <% get:sysop.callers.visitors %>
function callers.visitors()
  local n = sys.info().visitors
  if n == 0 then return "" end
  return ("and %d who %s typed nothing yet"):format(n, n == 1 and "has" or "have")
end

-- <% tick:sysop.callers.tick(2) %>
function callers.tick(client)
  local view = client.data.sysop_callers
  if not view then return end
  local _, _, now = look(view.page, view.rows)
  if now ~= view.seen then return "refresh" end
end

local function speak_to_all(client)
  local line = sysop.ask(client, "What to say to all", 200)
  if not line or not line:find "%S" then return "refresh" end
  local n = 0
  for _, other in ipairs(clients.nodes()) do
    if other.id ~= client.id then
      other:tell(("%s says to all: %s"):format(client.nick_name, line))
      n = n + 1
    end
  end
  audit.add(client, "speak to all", n .. " callers", line)
  return "refresh", ("Said to %d."):format(n)
end

-- Who has not logged in is found by the node's number.
local function node(name)
  for _, other in ipairs(clients.nodes()) do
    if tostring(other.id) == name then return other end
  end
end

local function choose(client)
  local name = sysop.ask(client, "Node number or handle", 20)
  if not name or name == "" then return "refresh" end
  local other = clients.find(name, true) or node(name)
  if not other then return "refresh", name .. " is not on line." end
  return "sysop/caller", { other = other }
end

-- <% key:sysop.callers.pick %>
function callers.pick(client, key)
  key = key:lower()
  if key == "enter" then return choose(client) end
  if key == "s" then return speak_to_all(client) end
  return list.turn(client, key)
end

return sysop.only(callers)
