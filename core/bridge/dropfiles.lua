-- dropfiles.lua -- what a door reads of its caller: DOOR.SYS (GAP, 52 lines), DOOR32.SYS (11
-- lines), CHAIN.TXT (WWIV, 32 lines) and DORINFO1.DEF (RBBS, QuickBBS). Lines end with CR LF,
-- are in CP437, and have no control characters. What is not known of callers is what other
-- boards write of who has told nothing; there is no password in any.
--
-- Door games know a player by the name, which has to stay the same: where a format has a real
-- name and an alias, these are the handle and the nick name.
local text = require "bbs.text"
local host = require "core.doors"

local NAME <const>, PLACE <const>, TITLE <const> = 35, 30, 60 -- columns

local function clean(s, columns)
  return text.cut((text.strip(s):gsub("%c", "")), columns)
end

local function day(seconds)
  return os.date("%m/%d/%y", seconds)
end

local function clock(seconds)
  return os.date("%H:%M", seconds)
end

local function flag(value)
  return value and "1" or "0"
end

-- "Ann Marie Moon" -> "Ann", "Marie Moon"
local function split(name)
  return name:match "^(%S+)%s*(.*)$"
end

local function since_midnight(seconds)
  local t = os.date("*t", seconds)
  return t.hour * 3600 + t.min * 60 + t.sec
end

local function door_sys(f)
  return {
    "COM0:", "0", "8", f.node, "38400", "Y", "N", "N", "N", -- the line: none, a terminal
    f.handle, f.location, "000-000-0000", "000-000-0000", "", f.level, f.calls,
    day(f.last_call), f.seconds, f.minutes, f.ansi and "GR" or "NG", f.height, "N",
    "", "1", "12/31/99", f.user, "Z", "0", "0", "0", "999999", "00/00/00", -- files; birth
    "", "", f.sysop, f.nick_name, "00:00", "Y", "N", "Y", "7", "0",
    day(f.last_call), clock(f.since), clock(f.last_call), "999", "0", "0", "0", "", "0", "0",
  }
end

local function door32_sys(f)
  return {
    f.socket and "2" or "0", f.socket or "0", "38400", f.system, f.user, f.handle, f.nick_name,
    f.level, f.minutes, flag(f.ansi), f.node,
  }
end

local function chain_txt(f)
  return {
    f.user, f.nick_name, f.handle, "", "0", "?", "0.00", day(f.last_call), f.width, f.height,
    f.level, flag(f.is_sysop), flag(f.is_sysop), flag(f.ansi), "0",
    ("%d.00"):format(f.seconds), f.drop .. "/", f.drop .. "/", "perigee.log", "KB", "0",
    f.board, f.sysop, since_midnight(f.since), f.now - f.since, "0", "0", "0", "0", "8N1", "0",
    "0",
  }
end

local function dorinfo1_def(f)
  local first, last = split(f.handle)
  local sysop_first, sysop_last = split(f.sysop)
  return {
    f.board, sysop_first, sysop_last, "COM0", "0 BAUD,N,8,1", "0", first, last, f.location,
    flag(f.ansi), f.level, f.minutes, "-1",
  }
end

local FORMATS <const> = {
  ["door.sys"] = door_sys,
  ["door32.sys"] = door32_sys,
  ["chain.txt"] = chain_txt,
  ["dorinfo1.def"] = dorinfo1_def,
}

local dropfiles = {}

-- dropfiles.is_one(name), in any letter case
function dropfiles.is_one(name)
  return FORMATS[name:lower()] ~= nil
end

-- dropfiles.make(name, facts) -> the file's text
function dropfiles.make(name, facts)
  local f = setmetatable({
    handle = clean(facts.handle, NAME), nick_name = clean(facts.nick_name, NAME),
    location = clean(facts.location, PLACE), sysop = clean(facts.sysop, NAME),
    board = clean(facts.board, TITLE), minutes = facts.seconds // 60,
  }, { __index = facts })
  local lines = {}
  for i, value in ipairs(FORMATS[name:lower()](f)) do
    lines[i] = host.cp437(tostring(value)):gsub("%c", "?") .. "\r\n"
  end
  return table.concat(lines)
end

return dropfiles
