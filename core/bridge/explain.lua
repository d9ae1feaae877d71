-- explain.lua -- what `perigee explain` says of that which stands in Lua and in the store: an
-- account's own state, the settings that bear on a screen, file areas, where handlers are.
--
-- The caller is { level =, handle = } ("" for a guest); it says lines "FILE:LINE: ...".
local db = require "bbs.db"
local door_settings = require "core.door_settings"
local files = require "bbs.files"
local sys = require "bbs.sys"
local text = require "bbs.text"
local users = require "bbs.users"

local explain = {}

-- --- where something is written ---

-- The line of lua/NAME.lua that has the pattern outside of comments, where one alone has it.
local function place(board, name, pattern)
  local path <const> = ("lua/%s.lua"):format(name)
  local at, n = nil, 0
  for line in ((board.read(name) or "") .. "\n"):gmatch "(.-)\n" do
    n = n + 1
    if line:gsub("%-%-.*", ""):find(pattern) then
      if at then return path end
      at = n
    end
  end
  return at and ("%s:%d"):format(path, at) or path
end

local function setting_place(board, name)
  return place(board, "settings", "%f[%w_]" .. name:match "[^.]*$" .. "%s*=")
end

local function area_place(board, name)
  local quoted = "[\"']" .. name:gsub("%-", "%%-") .. "[\"']"
  return place(board, "areas", "%f[%w_]name%s*=%s*" .. quoted)
end

-- explain.command{ "where", handler, ... }: of each, where its function begins
local function where(board, say, words)
  for i = 2, #words do
    local f = board.find(words[i])
    local at = f and debug.getinfo(f, "S")
    say(at and ("%s:%d"):format(at.short_src, at.linedefined) or "not there")
  end
  return true
end

-- --- rules ---

local function from_level(caller, level)
  if caller.level >= level then return ("level %d is enough"):format(caller.level) end
  return ("level %d is not enough"):format(caller.level)
end

local function all_settings()
  local all = {}
  for _, row in ipairs(sys.settings()) do all[row.name] = row end
  return all
end

local function say_setting(board, say, row, means)
  local source = row.source == "the default" and " (the default)" or ""
  say(("%s: %s = %s%s: %s"):format(setting_place(board, row.name), row.name,
    row.value ~= "" and row.value or '""', source, means))
end

local function say_level(board, say, caller, row)
  say_setting(board, say, row, from_level(caller, tonumber(row.value)))
end

local ORDER <const> = { "bbs.sysop", "bbs.files", "bbs.doors", "bbs.dial", "bbs.command" }
local rules = {} -- by the engine's module that a screen's handlers use

rules["bbs.sysop"] = function(board, say, caller, all)
  say_level(board, say, caller, all["levels.sysop"])
end

rules["bbs.dial"] = function(board, say, caller, all)
  local hosts = all["dial.hosts"]
  say_level(board, say, caller, all["dial.level"])
  say_setting(board, say, hosts,
    hosts.value == "" and "there is nothing to be connected to" or "these can be called")
end

rules["bbs.command"] = function(board, say, caller, all)
  local accounts = all["command.accounts"]
  local is_named = (", " .. accounts.value .. ","):lower():find(
    ", " .. caller.handle:lower() .. ",", 1, true)
  say_setting(board, say, all["command.user"], all["command.user"].value == ""
    and "it names nobody, so nobody runs programs" or "whom programs run as")
  say_level(board, say, caller, all["command.level"])
  say_setting(board, say, accounts, accounts.value == "" and "all of that level may"
    or is_named and "the account is named" or "the account is not named")
  say_setting(board, say, all["command.shell"], all["command.shell"].help)
end

rules["bbs.doors"] = function(board, say, caller)
  for _, door in ipairs(door_settings.list()) do
    local at = place(board, "settings", "%f[%w_]" .. door.name:gsub("%-", "%%-") .. "%s*=")
    local is_guest = caller.handle == "" and "guests enter no doors"
    say(("%s: doors.%s.level = %d: %s"):format(at, door.name, door.level,
      is_guest or from_level(caller, door.level)))
  end
end

local function may(caller, area, what, sysop)
  return caller.level >= area[what] or caller.level >= sysop
end

local function not_this(caller, area, what, sysop)
  return may(caller, area, what, sysop) and "may" or ("may not (from %d on)"):format(area[what])
end

rules["bbs.files"] = function(board, say, caller, all)
  local sysop = tonumber(all["levels.sysop"].value)
  for _, area in ipairs(files.defined()) do
    local rest = not may(caller, area, "see", sysop)
      and ("hidden: it is for level %d and above"):format(area.see)
      or ("shown; downloads: %s; uploads: %s"):format(
        not_this(caller, area, "download", sysop), not_this(caller, area, "upload", sysop))
    say(("%s: area %s: %s"):format(area_place(board, area.name), area.name, rest))
  end
end

-- { "settings", level, handle, handler, ... }: what bears on a screen with those handlers
local function say_settings(board, say, words)
  local caller = { level = tonumber(words[2]), handle = words[3] }
  local all, modules = all_settings(), {}
  for i = 4, #words do
    for module in pairs(board.used_by(words[i])) do modules[module] = true end
  end
  for _, module in ipairs(ORDER) do
    if modules[module] then rules[module](board, say, caller, all) end
  end
  return true
end

-- --- an account ---

-- { "account", handle }: why nobody logs in to it now, a line each; none: nothing is in the way
local function say_account(_, say, words)
  local user = users.find(words[2])
  if not user then return true end
  if user.locked then say "the account is locked: perigee user unlock, or the sysop's desk" end
  local ban = db.row("SELECT until, reason, who FROM bans WHERE user = ? AND until > ?",
    user.id, os.time())
  if ban then
    say(("the account is banned until %s by %s%s: the sysop's desk lifts it"):format(
      os.date("%Y-%m-%d %H:%M", ban["until"]), ban.who,
      ban.reason ~= "" and " (" .. ban.reason .. ")" or ""))
  end
  return true
end

-- --- one area ---

local function nearest()
  local names = {}
  for i, area in ipairs(files.defined()) do names[i] = area.name end
  return #names > 0 and "there is " .. table.concat(names, ", ")
    or "lua/areas.lua defines none"
end

local function say_area_level(board, say, caller, area, what, sysop)
  local why = from_level(caller, area[what])
  if caller.level < area[what] and caller.level >= sysop then
    why = ("sysops may, from level %d on (levels.sysop)"):format(sysop)
  end
  say(("%s: %s = %d: %s"):format(area_place(board, area.name), what, area[what], why))
end

local function say_limits(board, say, area)
  local at = area_place(board, area.name)
  if area.approve then say(at .. ": approve = true: uploads wait until a sysop has looked") end
  if area.max > 0 then say(("%s: max = %d: %s of a file"):format(at, area.max,
    text.size(area.max))) end
  if area.space > 0 then
    local used = db.row("SELECT coalesce(sum(size), 0) AS n FROM files WHERE area = ?",
      area.name).n
    say(("%s: space = %d: %s are taken, %s"):format(at, area.space, text.size(used),
      used >= area.space and "so that it is full: no uploads" or "the rest is free"))
  end
  say(("%s: its files are in %s"):format(at, area.folder))
end

-- { "area", name, level, handle, who }: the first line is "yes" or "no", then the verdict
local function say_area(board, say, words)
  local name, caller = words[2], { level = tonumber(words[3]), handle = words[4] }
  local all, area = all_settings(), files.area(name)
  local sysop = tonumber(all["levels.sysop"].value)
  local _, policy = files.defined()
  if not area then return nil, ("there is no area '%s': %s"):format(name, nearest()) end
  local sees = may(caller, area, "see", sysop)
  local uploads = may(caller, area, "upload", sysop)
  say(sees and "yes" or "no")
  if sees then
    say(("%s sees the area '%s'; downloads: %s; uploads: %s"):format(words[5], name,
      not_this(caller, area, "download", sysop), uploads and "may"
        or not_this(caller, area, "upload", sysop)))
  else
    say(("%s does not see the area '%s': it is for level %d and above"):format(words[5], name,
      area.see))
  end
  for _, what in ipairs { "see", "download", "upload" } do
    say_area_level(board, say, caller, area, what, sysop)
  end
  say_limits(board, say, area)
  if policy and caller.level < sysop then
    say(place(board, "areas", "%f[%w_]policy%s*=") .. ": the board's policy is asked besides, "
      .. "at each download and upload")
  end
  return true
end

local commands <const> = {
  where = where, settings = say_settings, account = say_account, area = say_area,
}

-- explain.command(words, say, board) -> true; or nil and why it is refused.  Waits. `board` has
-- read(name) -> text; find(handler) -> function; used_by(handler) -> a set of modules.
function explain.command(words, say, board)
  return commands[words[1]](board, say, words)
end

return explain
