-- A caller's own record, and a new nick name.
local users = require "bbs.users"
local profile = {}

-- <% each:profile.record %>: one row, the caller's own.
function profile.record(client)
  local user = users.find(client.user_id)
  user.first = os.date("%Y-%m-%d", user.first_call)
  user.from = user.location or "nobody is told"
  return { user }
end

-- <% get:profile.nick_name %>
function profile.nick_name(client)
  return client.nick_name
end

-- <% set:profile.change_nick(max=20) %>
function profile.change_nick(client, text)
  if text == "" then return "profile" end
  local ok, why = users.valid_nick_name(text, client.user_id)
  if not ok then return "repeat", why end
  ok, why = users.set(client.user_id, { nick_name = text })
  if not ok then return "repeat", why end
  return "profile", { notice = "From now on you are " .. text .. "." }
end

-- <% get:profile.location %>
function profile.location(client)
  return users.find(client.user_id).location or "it as it is: nobody is told"
end

-- <% set:profile.change_location(max=30) %>
function profile.change_location(client, text)
  if text == "" then return "profile" end
  users.set(client.user_id, { location = text ~= "-" and text or "" })
  return "profile", { notice = text ~= "-" and "You call from " .. text .. "."
    or "Nobody is told where you call from." }
end

return profile
