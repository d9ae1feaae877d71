-- A new account: the handle, the nick name; the password's fields are in password.lua.
local users = require "bbs.users"
local signup = {}

-- <% set:signup.handle(max=20) %>
function signup.handle(client, text)
  if text == "" then return "root" end
  local ok, why = users.valid_handle(text)
  if not ok then return "repeat", why end
  client.data.handle = text
end

-- <% set:signup.nick_name(max=20) %>
-- Nothing typed: the handle is the nick name too.
function signup.nick_name(client, text)
  local handle = client.data.handle
  if text == "" then text = handle end
  local ok, why = users.valid_nick_name(text, handle)
  if not ok then return "repeat", why end
  client.data.nick_name = text
end

-- <% post:signup.create %>
-- Somebody else may have taken the handle in the meantime: then all is asked again.
function signup.create(client)
  local handle, password = client.data.handle, client.data.new_password
  client.data.new_password = nil
  local user, why = users.create {
    handle = handle,
    nick_name = client.data.nick_name,
    password = password,
  }
  if not user then return "remain", why end
  user, why = users.login(client, handle, password)
  if not user then return "root", why end
  return "menu", { notice = "Your account is made. Welcome aboard, " .. user.nick_name .. "!" }
end

return signup
