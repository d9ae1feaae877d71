-- The front door: the handle, the password, and where a caller goes from there.
local clients = require "bbs.clients"
local users = require "bbs.users"
local login = {}

local function has_another_call(client)
  for _, other in ipairs(clients.all(true)) do
    if other.user_id == client.user_id and other.id ~= client.id then return true end
  end
  return false
end

-- <% enter:login.begin %>
-- Who comes back to the front door is a guest again.
function login.begin(client)
  users.logout(client)
  client.data.must_change = nil
end

-- <% set:login.name(max=20) %>
function login.name(client, text)
  if text == "" then return "repeat" end
  if text:lower() == "new" then return "signup" end
  if text:lower() == "linear" then
    client:set_terminal { linear = not client.term.linear }
    return "refresh"
  end
  local user = users.find(text)
  if not user then
    users.failed(client)
    return "repeat", "Nobody here has that handle. Type NEW to make an account."
  end
  client.data.handle = user.handle
end

-- <% set:login.password(mask="*", max=128) %>
-- The password is used here and kept nowhere. Nothing typed leads back to the handle.
function login.password(client, text)
  if text == "" then return "remain" end
  local user, why = users.login(client, client.data.handle, text)
  if not user then return "repeat", why .. " (Enter alone: another handle)" end
  client.data.must_change = user.must_change
end

-- <% post:login.enter %>
function login.enter(client)
  if has_another_call(client) then return "ghost" end
  if client.data.must_change then return "password" end
  return "menu"
end

return login
