-- A new password, typed twice: for a new account and for one that is changed.
local users = require "bbs.users"
local password = {}

local SHORTEST <const> = 8

-- <% if:password.must_change %>
function password.must_change(client)
  return client.data.must_change
end

-- <% set:password.old(mask="*", max=128) %>
function password.old(client, text)
  if text == "" then return client.data.must_change and "root" or "back" end
  client.data.old_password = text
end

-- <% set:password.new(mask="*", max=128) %>
function password.new(client, text)
  if (utf8.len(text) or #text) < SHORTEST then
    return "repeat", "A password has at least " .. SHORTEST .. " characters."
  end
  local handle = client.user_id == "GUEST" and client.data.handle or client.user_id
  if text:lower() == handle:lower() then
    return "repeat", "The password is the same as the handle. Choose another."
  end
  client.data.new_password = text
end

-- <% set:password.again(mask="*", max=128) %>
function password.again(client, text)
  if text == "" then return "remain" end
  if text ~= client.data.new_password then
    return "repeat", "The two are not the same. Type it again, or Enter alone to start over."
  end
end

-- <% post:password.change %>
function password.change(client)
  local data = client.data
  local ok, why = users.set_password(client.user_id, data.old_password, data.new_password)
  data.old_password, data.new_password = nil, nil
  if not ok then return "remain", why end
  if not data.must_change then return "profile", { notice = "Your password is changed." } end
  data.must_change = nil
  return "menu", { notice = "Your password is changed. Welcome!" }
end

return password
