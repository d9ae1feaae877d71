-- Everybody who has an account: a list in pages, and a search in it.
local time = require "bbs.time"
local users = require "bbs.users"
local callers = {}

local STEPS <const> = { n = 1, space = 1, page_down = 1, p = -1, page_up = -1 }

-- <% enter:callers.enter %>
function callers.enter(client)
  client.page_index = 1
  client.data.callers = { pages = 1 }
end

-- <% each:callers.list(rows=12) %>
function callers.list(client, args)
  local state = client.data.callers
  local found, total = users.list { search = state.search, rows = args.rows, page = args.page }
  local rows = {}
  for i, user in ipairs(found) do
    rows[i] = {
      handle = user.handle,
      nick_name = user.nick_name,
      calls = user.calls,
      last = user.last_call and time.ago(user.last_call) .. " ago" or "never",
    }
  end
  state.total = total
  state.pages = math.max(1, math.ceil(total / args.rows))
  return rows, total
end

-- <% if:callers.is_nobody %>
function callers.is_nobody(client)
  return client.data.callers.total == 0
end

-- <% get:callers.place %>
function callers.place(client)
  local state = client.data.callers
  local place = "page " .. client.page_index .. " of " .. state.pages
  if not state.search then return place end
  return place .. ', those with "' .. state.search .. '"'
end

-- <% key:callers.turn %>
function callers.turn(client, key)
  local state = client.data.callers
  if key:lower() == "s" then
    local text = client:read_line { prompt = "\r\n  |03Search for: |15", max = 20 }
    state.search = text ~= "" and text or nil
    client.page_index = 1
    return "refresh"
  end
  local step = STEPS[key:lower()]
  local page = client.page_index + (step or 0)
  if not step or page < 1 or page > state.pages then return "repeat" end
  client.page_index = page
  return "refresh"
end

return callers
