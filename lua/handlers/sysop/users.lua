-- All accounts, for sysops: a list in pages, in an order of their own, and a search in it.
local list = require "bbs.list"
local sysop = require "bbs.sysop"
local text = require "bbs.text"
local time = require "bbs.time"
local users = require "bbs.users"
local screen = {}

local ORDERS <const> = { "handle", "last_call", "calls", "level", "first_call" }
local BY <const> = {
  handle = "handle", last_call = "last call", calls = "calls", level = "level",
  first_call = "first call",
}

-- What was looked for is there again when an account has been looked at.
local function state_of(client)
  local state = client.data.sysop_users or { sort = "handle", page = 1, found = {}, total = 0 }
  client.data.sysop_users = state
  return state
end

-- <% enter:sysop.users.enter %>
function screen.enter(client)
  client.page_index = state_of(client).page
end

-- <% each:sysop.users.list(rows=12, grows=true) %>
function screen.list(client, args)
  local state, rows = state_of(client), {}
  state.page = args.page
  state.found, state.total = users.list { search = state.search, locked = state.locked,
    sort = state.sort, rows = args.rows, page = args.page }
  for i, user in ipairs(state.found) do
    rows[i] = {
      no = i,
      handle = user.handle,
      nick_name = user.nick_name,
      level = user.level,
      calls = user.calls,
      last = user.last_call and time.ago(user.last_call) or "never",
      locked = user.locked and "locked" or "",
    }
  end
  return rows, state.total
end

-- <% if:sysop.users.is_nobody %>
function screen.is_nobody(client)
  return state_of(client).total == 0
end

-- <% get:sysop.users.place %>
function screen.place(client)
  local state = state_of(client)
  return ("%d by %s, %s%s"):format(state.total, BY[state.sort],
    list.found(client, state.search), state.locked and ", the locked ones" or "")
end

local function next_order(state)
  for i, name in ipairs(ORDERS) do
    if name == state.sort then return ORDERS[i % #ORDERS + 1] end
  end
end

-- By the number in the list, or by handle or nick name, whether it is in the list or not.
local function open(client, state, key)
  local typed = sysop.ask(client, "Number or handle", 20, key) or ""
  local name = text.strip(typed):match "^%s*(.-)%s*$"
  if name == "" then return "refresh" end
  local user = state.found[math.tointeger(tonumber(name))] or users.find_by_name(name)
  if not user then return "refresh", "There is nobody called " .. name .. "." end
  return "sysop/user", { id = user.id }
end

-- <% key:sysop.users.pick %>
function screen.pick(client, key)
  local state = state_of(client)
  key = key:lower()
  if key == "enter" or key == "e" then return open(client, state) end
  if key:find "^%d$" then return open(client, state, key) end
  if key == "s" then return list.search(client, state) end
  if key == "o" then
    state.sort = next_order(state)
  elseif key == "l" then
    state.locked = not state.locked or nil
  else
    return list.turn(client, key)
  end
  client.page_index = 1
  return "refresh"
end

return sysop.only(screen)
