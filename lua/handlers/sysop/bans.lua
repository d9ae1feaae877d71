-- Who may not call until a time: a list, one more, and lifting one.
local audit = require "bbs.audit"
local bans = require "bbs.bans"
local list = require "bbs.list"
local sysop = require "bbs.sysop"
local screen = {}

-- <% each:sysop.bans.list(rows=13, grows=true) %>
function screen.list(client, args)
  local all, rows = bans.list(), {}
  client.data.bans = all
  for i = (args.page - 1) * args.rows + 1, math.min(args.page * args.rows, #all) do
    local ban = all[i]
    rows[#rows + 1] = {
      no = i,
      whom = ban.address or ban.handle,
      until_when = os.date("%Y-%m-%d %H:%M", ban["until"]),
      who = ban.who,
      reason = ban.reason,
    }
  end
  return rows, #all
end

-- <% if:sysop.bans.are_none %>
function screen.are_none(client)
  return #client.data.bans == 0
end

local function lift(client)
  local number = sysop.ask(client, "Which number", 5)
  if not number or number == "" then return "refresh" end
  local ban = client.data.bans[tonumber(number)]
  if not ban then return "refresh", "There is no such number." end
  if bans.lift(ban.id) then audit.add(client, "lift ban", ban.address or ban.handle) end
  return "refresh", (ban.address or ban.handle) .. " may call again."
end

local function add(client)
  local address = sysop.ask(client, "Which address", 45)
  if not address or address == "" then return "refresh" end
  local minutes = sysop.ask(client, "For how many minutes", 7)
  if not minutes then return "refresh" end
  local reason = sysop.ask(client, "Why (for the list of bans)", 60)
  if not reason then return "refresh" end
  local ok, why = bans.address(client, address, math.tointeger(tonumber(minutes)), reason)
  if not ok then return "refresh", why .. "." end
  audit.add(client, "ban", address, minutes .. " min " .. reason)
  return "refresh", address .. " is banned."
end

-- <% key:sysop.bans.pick %>
function screen.pick(client, key)
  key = key:lower()
  if key == "enter" then return lift(client) end
  if key == "a" then return add(client) end
  return list.turn(client, key)
end

return sysop.only(screen)
