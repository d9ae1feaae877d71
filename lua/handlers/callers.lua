-- Everybody who has an account: a list in pages, and a search in it.
local list = require "bbs.list"
local settings = require "bbs.settings"
local time = require "bbs.time"
local users = require "bbs.users"
local callers = {}

-- <% enter:callers.enter %>
function callers.enter(client)
  client.data.callers = {}
end

-- Of who is hidden nobody can tell by it that they are on line.
local function last_call(user, viewer)
  if user.hidden and viewer.level < settings.levels.sysop then return "" end
  return user.last_call and time.ago(user.last_call) .. " ago" or "never"
end

-- <% each:callers.list(rows=12, grows=true) %>
function callers.list(client, args)
  local state = client.data.callers
  local found, total = users.list { search = state.search, rows = args.rows, page = args.page }
  local rows = {}
  for i, user in ipairs(found) do
    rows[i] = {
      handle = user.handle,
      nick_name = user.nick_name,
      calls = user.calls,
      last = last_call(user, client),
    }
  end
  state.total = total
  return rows, total
end

-- <% if:callers.is_nobody %>
function callers.is_nobody(client)
  return client.data.callers.total == 0
end

-- <% get:callers.place %>
function callers.place(client)
  return list.found(client, client.data.callers.search)
end

-- <% key:callers.turn %>
function callers.turn(client, key)
  if key:lower() ~= "s" then return list.turn(client, key) end
  return list.search(client, client.data.callers)
end

return callers
