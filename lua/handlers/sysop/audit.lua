-- What sysops did, the newest first, and a search in it.
local audit = require "bbs.audit"
local list = require "bbs.list"
local sysop = require "bbs.sysop"
local screen = {}

-- <% enter:sysop.audit.enter %>
function screen.enter(client)
  client.data.audit = {}
end

local function when(row)
  return os.date("%Y-%m-%d %H:%M", row.at)
end

-- <% each:sysop.audit.list(rows=12, grows=true) %>
function screen.list(client, args)
  local state = client.data.audit
  local rows, total = audit.list { search = state.search, rows = args.rows, page = args.page }
  for _, row in ipairs(rows) do row.when = when(row) end
  state.rows, state.total = args.rows, total
  return rows, total
end

-- <% if:sysop.audit.is_empty %>
function screen.is_empty(client)
  return client.data.audit.total == 0
end

-- <% get:sysop.audit.place %>
function screen.place(client)
  return list.found(client, client.data.audit.search)
end

local function show_in_full(client)
  local lines = {}
  local state = client.data.audit
  local rows = audit.list { search = state.search, rows = state.rows, page = client.page_index }
  for i, row in ipairs(rows) do
    lines[i] = ("%s  %s (%s): %s %s %s"):format(when(row), row.who,
      row.address ~= "" and row.address or "this machine", row.what, row.subject, row.detail)
      :gsub("|", "||")
  end
  client:pager(table.concat(lines, "\n"))
  return "refresh"
end

-- <% key:sysop.audit.pick %>
function screen.pick(client, key)
  key = key:lower()
  if key == "v" then return show_in_full(client) end
  if key ~= "s" then return list.turn(client, key) end
  return list.search(client, client.data.audit)
end

return sysop.only(screen)
