-- A line of text to one caller; who is not on line is shown it at the next call.
local clients = require "bbs.clients"
local rooms = require "bbs.rooms"
local users = require "bbs.users"
local page = {}

-- <% each:page.list(rows=10, grows=true) %>: whom the caller may page.
function page.list(client, args)
  local rows, others = {}, 0
  for _, other in ipairs(clients.all(client)) do
    if other.id ~= client.id then
      others = others + 1
      if others <= args.rows then
        rows[others] = { nick_name = other.nick_name, handle = other.user_id }
      end
    end
  end
  return rows, others
end

-- <% set:page.whom(max=20) %>
function page.whom(client, text)
  if text == "" then return "menu" end
  local other = clients.find(text, client)
  local user = not other and users.find(text)
  if not other and not user then return "repeat", "There is nobody called " .. text .. "." end
  if other and other.id == client.id then return "repeat", "That is you." end
  client.data.page_to = other and other.user_id or user.handle
end

-- <% set:page.text(max=250) %>
function page.text(client, text)
  if text == "" then return "menu" end
  local said, why = rooms.page(client, client.data.page_to, text)
  if not said then return "remain", why .. "." end
  return "menu", { notice = said .. "." }
end

return page
