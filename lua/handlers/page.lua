-- A line of text to one caller who is on line.
local clients = require "bbs.clients"
local page = {}

-- <% each:page.list(rows=10) %>: whom the caller may page.
function page.list(client, args)
  local rows, others = {}, 0
  for _, other in ipairs(clients.all()) do
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
  local other = clients.find(text)
  if not other then return "repeat", text .. " is not on line." end
  if other.id == client.id then return "repeat", "That is you." end
  client.data.page_to = other.nick_name
end

-- <% set:page.text(max=250) %>
function page.text(client, text)
  if text == "" then return "menu" end
  local to = client.data.page_to
  local ok, why = clients.page(client, to, text)
  if not ok then return "remain", why .. "." end
  return "menu", { notice = "Sent to " .. to .. "." }
end

return page
