-- The main menu: a greeting, and what the last screen has to say.
local clients = require "bbs.clients"
local rooms = require "bbs.rooms"
local settings = require "bbs.settings"
local time = require "bbs.time"
local menu = {}

local FEW <const> = 3 -- pages that wait: more are shown by themselves

-- <% enter:menu.enter %>
-- Whose password was given by somebody else chooses another before anything else.
function menu.enter(client)
  if client.data.must_change then return "password" end
  if rooms.choose(client, {}).dnd and client.data.dnd_told ~= client.user_id then
    client:tell "Pages wait for you until you type /dnd."
  end
  client.data.dnd_told = client.user_id
  local lines = {}
  for i, page in ipairs(rooms.waiting_pages(client)) do
    lines[i] = ("%s, %s ago: %s"):format(page.nick_name, time.ago(page.at), page.text)
  end
  if #lines > FEW then
    client:pager((table.concat(lines, "\n"):gsub("|", "||")))
  else
    for _, line in ipairs(lines) do client:tell(line) end
  end
end

-- <% get:menu.board %>
function menu.board()
  return settings.board.name
end

-- <% get:menu.nick_name %>
function menu.nick_name(client)
  return client.nick_name
end

-- <% get:menu.node %>
function menu.node(client)
  return client.id
end

-- <% get:menu.callers %>
function menu.callers(client)
  local n = clients.count(client)
  if n <= 1 then return "the only caller on line" end
  return n .. " callers on line"
end

-- <% if:menu.notice %>  <% get:menu.notice %>
-- A handler gives it to the screen that it leads to: return "menu", { notice = "Done." }
function menu.notice(client)
  return client.params and client.params.notice
end

-- <% leave:menu.leave %>: what was said is not said again at the way back.
function menu.leave(client)
  if client.params then client.params.notice = nil end
end

return menu
