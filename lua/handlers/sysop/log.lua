-- The log: the newest page first, a search in it, and the tracebacks of incidents.
local list = require "bbs.list"
local log = require "bbs.log"
local sysop = require "bbs.sysop"
local viewer = {}

local MARKS <const> = { error = "|12", warn = "|14", info = "|08", debug = "|08" }

-- <% enter:sysop.log.enter %>
function viewer.enter(client)
  client.data.log = client.data.log or {}
  client.page_index = 1
end

local function find(client, rows, page)
  local state = client.data.log
  return log.find { text = state.search, level = state.level, rows = rows, page = page }
end

-- <% each:sysop.log.list(rows=14, grows=true) %>
function viewer.list(client, args)
  local state = client.data.log
  local rows, total = find(client, args.rows, args.page)
  for _, row in ipairs(rows) do
    row.mark = MARKS[row.level] or ""
    row.at = row.at:sub(6)
  end
  state.rows, state.total = args.rows, total
  return rows, total
end

-- <% if:sysop.log.is_empty %>
function viewer.is_empty(client)
  return client.data.log.total == 0
end

-- <% get:sysop.log.place %>
function viewer.place(client)
  local state = client.data.log
  return list.found(client, state.search)
    .. (state.level and ", warnings and errors alone" or "")
end

-- <% tick:sysop.log.tick(2) %>: the newest page moves on by itself
function viewer.tick(client)
  local state = client.data.log
  if client.page_index ~= 1 then return end
  local _, total = find(client, 1, 1)
  if total ~= state.total then return "refresh" end
end

-- A line as it can be read: a traceback has lines of its own.
local function in_full(row)
  return ("|08%s %s%s|07 %s"):format(row.at, MARKS[row.level] or "", row.level,
    (row.text:gsub("%s*|%s*", "\n    ")))
end

local function show(client, rows)
  local lines = {}
  for i, row in ipairs(rows) do lines[i] = in_full(row) end
  client:pager(table.concat(lines, "\n"))
  return "refresh"
end

-- Numbers begin anew with the server: the newest of that number.
local function incident(client)
  local number = sysop.ask(client, "Number of the incident", 9)
  if not number or not number:find "^%d+$" then return "refresh" end
  local rows = log.find { text = "incident=" .. number .. " ", rows = 1 }
  if #rows == 0 then return "refresh", "The log has no incident " .. number .. "." end
  return show(client, rows)
end

local keys = {}

function keys.s(client)
  return list.search(client, client.data.log)
end

function keys.w(client)
  client.data.log.level = not client.data.log.level and "warn" or nil
  client.page_index = 1
  return "refresh"
end

function keys.v(client)
  local rows = find(client, client.data.log.rows, client.page_index)
  return show(client, rows)
end

keys.i = incident

-- <% key:sysop.log.pick %>
function viewer.pick(client, key)
  local f = keys[key:lower()]
  if f then return f(client) end
  return list.turn(client, key)
end

return sysop.only(viewer)
