-- The settings in force, and where each comes from. They are changed in lua/settings.lua.
local list = require "bbs.list"
local sys = require "bbs.sys"
local sysop = require "bbs.sysop"
local screen = {}

-- <% enter:sysop.settings.enter %>
function screen.enter(client)
  client.data.settings = {}
end

local function has(setting, text)
  return (setting.name .. " " .. setting.help):lower():find(text:lower(), 1, true)
end

local function found(client)
  local rows = {}
  for _, setting in ipairs(sys.settings()) do
    if has(setting, client.data.settings.search or "") then rows[#rows + 1] = setting end
  end
  return rows
end

local function page(client, rows, number)
  local all = found(client)
  return table.move(all, (number - 1) * rows + 1, math.min(number * rows, #all), 1, {}), #all
end

-- <% each:sysop.settings.list(rows=13, grows=true) %>
function screen.list(client, args)
  local rows, total = page(client, args.rows, args.page)
  client.data.settings.rows = args.rows
  client.data.settings.total = total
  return rows, total
end

-- <% if:sysop.settings.is_empty %>
function screen.is_empty(client)
  return client.data.settings.total == 0
end

-- <% get:sysop.settings.place %>
function screen.place(client)
  return list.found(client, client.data.settings.search)
end

local function show(client)
  local lines = {}
  for _, setting in ipairs((page(client, client.data.settings.rows, client.page_index))) do
    lines[#lines + 1] = ("|11%s|07: %s, from %s"):format(setting.name, setting.help,
      setting.source)
    lines[#lines + 1] = "  |15" .. setting.value:gsub("|", "||")
    if not setting.live then
      lines[#lines + 1] = "  |08a change takes effect at the next start"
    end
  end
  client:pager(table.concat(lines, "\n"))
  return "refresh"
end

-- <% key:sysop.settings.pick %>
function screen.pick(client, key)
  key = key:lower()
  if key == "v" then return show(client) end
  if key ~= "s" then return list.turn(client, key) end
  return list.search(client, client.data.settings)
end

return sysop.only(screen)
