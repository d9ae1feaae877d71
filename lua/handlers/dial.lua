-- The other systems that the setting dial.hosts names: a list, and calling one.
local dialler = require "bbs.dial"
local list = require "bbs.list"
local dial = {}

-- <% if:dial.any %>
function dial.any(client)
  return #dialler.hosts(client) > 0
end

-- <% each:dial.list(rows=12, grows=true) %>
function dial.list(client, args)
  local hosts = dialler.hosts(client)
  local rows, before = {}, (args.page - 1) * args.rows
  for i = before + 1, math.min(#hosts, before + args.rows) do
    local host = hosts[i]
    rows[#rows + 1] = { number = i, name = host.name, protocol = host.protocol,
      address = host.host .. " " .. host.port }
  end
  return rows, #hosts
end

-- <% get:dial.none %>: why the list is empty.
function dial.none(client)
  local hosts, why = dialler.hosts(client)
  return #hosts == 0 and why or ""
end

local function told(ending)
  local seconds = math.floor(ending.seconds)
  return ("You were there for %d second%s: %s"):format(seconds, seconds == 1 and "" or "s",
    ending.reason)
end

local function call(client, host)
  local ending, why = client:dial {
    host = host.name, port = host.port, protocol = host.protocol,
  }
  return "refresh", ending and told(ending) or why
end

-- <% key:dial.pick %>: a number of the list; where there are ten or more, and Enter.
function dial.pick(client, key)
  local hosts = dialler.hosts(client)
  local number = key:find "^%d$" and tonumber(key)
  if number and #hosts > 9 then
    local line = client:read_line { prompt = "\r\n  |03Number: |15", default = key, max = 3 }
    number = math.tointeger(tonumber(line or ""))
    if not number then return "refresh" end
  end
  if key == "enter" and #hosts == 1 then number = 1 end
  if not number then return list.turn(client, key) end
  if not hosts[number] then return "repeat", "There is no such number" end
  return call(client, hosts[number])
end

return dial
