-- The same account is on line already, often on a line that dropped: end that call?
local clients = require "bbs.clients"
local time = require "bbs.time"
local ghost = {}

local function others(client)
  local found = {}
  for _, other in ipairs(clients.all(true)) do
    if other.user_id == client.user_id and other.id ~= client.id then
      found[#found + 1] = other
    end
  end
  return found
end

-- <% each:ghost.calls %>
function ghost.calls(client)
  local rows = {}
  for i, other in ipairs(others(client)) do
    rows[i] = {
      node = other.id,
      since = os.date("%H:%M", math.floor(other.since)),
      idle = time.ago(time.now() - other.idle),
    }
  end
  return rows
end

-- <% key:ghost.pick %>
function ghost.pick(client, key)
  if key:lower() ~= "e" then return "repeat" end
  for _, other in ipairs(others(client)) do
    other:hangup("You have called again, on node " .. client.id .. ".")
  end
  if client.data.must_change then return "password" end
  return "menu"
end

return ghost
