-- What a caller types at any prompt: "/msg luna hello" calls slash.msg(client, "luna hello").
local audit = require "bbs.audit"
local clients = require "bbs.clients"
local rooms = require "bbs.rooms"
local friends = require "bbs.friends"
local settings = require "bbs.settings"
local talk = require "bbs.talk"
local text = require "bbs.text"
local time = require "bbs.time"
local users = require "bbs.users"
local slash = {}

local LONGEST_NAME <const> = 80  -- bytes: 20 characters
local SHOWN <const> = 200 -- rooms, or callers
local LONGEST_LINE <const> = 500 -- that is told above the prompt
local FEW <const> = 5   -- lines, that are told above the prompt; more are shown by themselves
local MOST <const> = 20 -- that are told where nothing else can be shown
local COLUMNS <const> = 78 -- of each of them
local MINUTES_MOST <const> = 527040 -- a year

local HELP <const> = {
  "|03To one caller|07",
  "  |15/msg HANDLE text     |07a line; who is not on line is shown it at the next call",
  "  |15/reply text          |07to who paged you last",
  "  |15/talk HANDLE         |07in a split screen: both see each other type",
  "|03You|07",
  "  |15/away [text]         |07what others are told who page you",
  "  |15/dnd                 |07not to be disturbed: pages wait until you type it again",
  "  |15/ignore HANDLE       |07neither lines nor pages of theirs  |15/unignore HANDLE",
  "  |15/friend HANDLE       |07told when they come    |15/unfriend HANDLE  /friends",
  "  |15/nick                |07another nick name",
  "  |15/time                |07the time before lines  |15/bell          |07at your name",
  "  |15/colors              |07names in colours",
  "|03Rooms|07",
  "  |15/rooms               |07which there are        |15/who           |07who is on line",
  "  |15/join ROOM           |07go there, or make it   |15/leave         |07out of it",
  "  |15/me text             |07* luna waves",
  "  |15/history             |07what was said there    |15Page Up        |07the same",
  "  |15/topic [text]        |07what it is about       |15/invite HANDLE |07into a private one",
  "|03Operators of a room|07",
  "  |15/kick HANDLE [why]   |07out of it              |15/ban HANDLE [minutes] [why]",
  "  |15/mute HANDLE [min]   |07may not speak          |15/unmute HANDLE  /unban HANDLE",
  "  |15/op HANDLE           |07an operator, too       |15/close         |07the room is gone",
  "|03The rest|07",
  "  |15/help                |07this list              |15/quit          |07end the call",
  "  |07A line that is to begin with a slash begins with two.",
}

local SYSOPS_HELP <const> = {
  "|03Sysops|07",
  "  |15/break HANDLE        |07break in for a talk   |15/invisible     |07only sysops see you",
}

-- Without colour codes, as one row.
local function plain(line)
  return text.cut(line:gsub("|([|%d])(%d?)", function(first, second)
    return first == "|" and "|" .. second or ""
  end), COLUMNS)
end

-- Many lines in a window of their own, where that can be shown now. They have colour codes.
-- `left`: so many more there are, which `where` says how to see.
local function show(client, lines, left, where)
  left = left or 0
  if #lines > FEW and rooms.may_page(client) then
    if left > 0 then lines[#lines + 1] = ("and %d more: %s"):format(left, where) end
    client:pager(table.concat(lines, "\n"))
    return
  end
  for i = 1, math.min(#lines, MOST) do client:tell(plain(lines[i])) end
  left = left + math.max(0, #lines - MOST)
  if left > 0 then client:tell(("and %d more"):format(left)) end
end

local function is_guest(client)
  if client.user_id ~= "GUEST" then return false end
  client:tell("Log in first.")
  return true
end

-- A handle may have spaces: the longest beginning that is somebody's is the name.
local function split(rest)
  rest = rest:match "^%s*(.-)%s*$"
  local name, tail = rest:match "^(%S*)%s*(.*)$"
  for head, behind in (rest .. " "):gmatch("()%s+()") do
    local begun = rest:sub(1, head - 1)
    if head > LONGEST_NAME + 1 then break end
    if begun ~= name and (clients.find(begun, true) or rooms.find_user(begun)) then
      name, tail = begun, rest:sub(behind)
    end
  end
  return name, tail
end

-- --- to one caller ---

local function send(client, name, line)
  local said, why = rooms.page(client, name, line)
  return nil, (said or why) .. "."
end

function slash.msg(client, rest)
  if is_guest(client) then return end
  if not rest:find("%S%s+%S") then return nil, "Type /msg HANDLE text" end
  local name, line = split(rest)
  if line == "" then return nil, "Type /msg HANDLE text" end
  return send(client, name, line)
end

function slash.reply(client, rest)
  if is_guest(client) then return end
  if not client.data.paged_by then return nil, "Nobody has paged you yet." end
  if not rest:find "%S" then return nil, "Type /reply text" end
  return send(client, client.data.paged_by, rest)
end

function slash.away(client, rest)
  if is_guest(client) then return end
  local what = rest:find "%S" and rest or nil
  rooms.away(client, what)
  return nil, what and "Who pages you is told: " .. what or "You are here again."
end

local function ignore(client, rest, on)
  if is_guest(client) then return end
  if not rest:find "%S" then return nil, "Type the handle, too" end
  local ok, why = rooms.ignore(client, rest, on)
  return nil, ok and (on and "You see nothing of " or "You see again what comes of ") .. rest
    .. "." or why .. "."
end

-- One-to-one, in a split screen.
function slash.talk(client, rest)
  if is_guest(client) then return end
  if not rest:find "%S" then return nil, "Type /talk HANDLE" end
  local said, why = talk.with(client, rest:match "^%s*(.-)%s*$")
  return nil, said or why
end

-- A sysop's: the other is not asked.
slash["break"] = function(client, rest)
  if client.level < settings.levels.sysop then return nil, "Only a sysop can" end
  if not rest:find "%S" then return nil, "Type /break HANDLE" end
  audit.add(client, "break in", rest)
  local said, why = talk.break_in(client, rest:match "^%s*(.-)%s*$")
  return nil, said or why
end

-- Not to be disturbed: pages wait.
function slash.dnd(client)
  if is_guest(client) then return end
  local on = not rooms.choose(client, {}).dnd
  rooms.choose(client, { dnd = on })
  if on then return nil, "Pages wait for you now, until you type /dnd again." end
  if not rooms.may_page(client) then
    return nil, "Pages reach you again. Those that wait are shown in the main menu."
  end
  client:tell "Pages reach you again."
  local lines = {}
  for i, page in ipairs(rooms.waiting_pages(client)) do
    local line = ("%s, %s ago: %s"):format(page.nick_name, time.ago(page.at), page.text)
    lines[i] = line:gsub("|", "||")
  end
  show(client, lines)
end

-- --- friends, and being seen ---

function slash.friend(client, rest)
  if is_guest(client) then return end
  if not rest:find "%S" then return slash.friends(client) end
  local friend, why = friends.add(client, rest)
  return nil, friend and ("You are told when %s comes."):format(friend.nick_name) or why .. "."
end

function slash.unfriend(client, rest)
  if is_guest(client) then return end
  if not rest:find "%S" then return nil, "Type the handle, too" end
  local friend, why = friends.remove(client, rest)
  return nil, friend and ("You are not told of %s any more."):format(friend.nick_name)
    or why .. "."
end

function slash.friends(client)
  if is_guest(client) then return end
  local list = friends.list(client)
  if #list == 0 then return nil, "Type /friend HANDLE, and you are told when they come" end
  local here, away = {}, {}
  for _, friend in ipairs(list) do
    local to = friend.on_line and here or away
    to[#to + 1] = friend.nick_name
  end
  if #here > 0 then client:tell("On line: " .. table.concat(here, ", ")) end
  if #away > 0 then client:tell("Not on line: " .. table.concat(away, ", ")) end
end

function slash.invisible(client)
  if client.level < settings.levels.sysop then return nil, "Only a sysop can" end
  local on = not client.hidden
  users.set(client.user_id, { hidden = on })
  audit.add(client, on and "hide" or "show again", client.user_id)
  return nil, on and "Only sysops see you now, until you type /invisible again."
    or "Everybody sees you."
end

function slash.ignore(client, rest)
  return ignore(client, rest, true)
end

function slash.unignore(client, rest)
  return ignore(client, rest, false)
end

-- --- rooms ---

-- What is done in the room that the caller is in; `f` returns true, or nil and why not.
local function in_room(client, f)
  if is_guest(client) then return end
  local room = rooms.of(client)
  if not room then return nil, "You are in no room: /join NAME" end
  local ok, why = f(room)
  if not ok then return nil, why end
  return nil, type(ok) == "string" and ok or nil
end

function slash.join(client, rest)
  if is_guest(client) then return end
  if not rest:find "%S" then return nil, "Type /join ROOM; /rooms lists them" end
  if not rooms.may_move(client) then return nil, "Answer what is asked first" end
  rest = rest:match "^%s*(.-)%s*$"
  local room, why = rooms.open(rest, { by = client })
  local ok
  if room then ok, why = room:join(client) end
  if not ok then return nil, why end
  return client.keyword == "chat/room" and "refresh" or "chat/room"
end

function slash.leave(client)
  if is_guest(client) then return end
  if not rooms.of(client) then return nil, "You are in no room." end
  return "chat"
end

function slash.rooms(client)
  if is_guest(client) then return end
  local lines = {}
  local list, total = rooms.list(client, 1, SHOWN)
  for i, room in ipairs(list) do
    local name = text.width(room.name) < 20 and text.pad(room.name, 20) or room.name
    lines[i] = ("|15%s|07 %3d  |03%s"):format((name:gsub("|", "||")), room.members,
      (room.topic:gsub("|", "||")))
  end
  show(client, lines, total - #list, "R in the main menu lists them")
end

slash["me"] = function(client, rest)
  return in_room(client, function(room) return room:emote(client, rest) end)
end

function slash.topic(client, rest)
  return in_room(client, function(room)
    if not rest:find "%S" then return "The topic is: " .. room:topic() end
    return room:topic(rest, client)
  end)
end

-- /kick and its kind: a name, and what follows it
local function on_somebody(client, rest, f)
  return in_room(client, function(room)
    if not rest:find "%S" then return nil, "Type the handle, too" end
    local name, tail = split(rest)
    return f(room, name, tail)
  end)
end

-- "90 too loud" -> 5400, "too loud"; without a number nil and the text: for good. A number that
-- is no time: false, and why.
local function minutes(tail)
  local number, why = tail:match "^([-+.]?%d%S*)%s*(.*)$"
  if not number then return nil, tail end
  local n = number:find "^%d+$" and math.tointeger(tonumber(number))
  if n and n > 0 and n <= MINUTES_MOST then return n * 60, why end
  return false, ("Minutes are a number from 1 to %d; without one it is for good")
    :format(MINUTES_MOST)
end

function slash.kick(client, rest)
  return on_somebody(client, rest, function(room, name, why)
    return room:kick(client, name, why)
  end)
end

function slash.ban(client, rest)
  return on_somebody(client, rest, function(room, name, tail)
    local seconds, why = minutes(tail)
    if seconds == false then return nil, why end
    return room:ban(client, name, seconds, why)
  end)
end

function slash.unban(client, rest)
  return on_somebody(client, rest, function(room, name)
    local ok, why = room:allow(client, name, "banned")
    return ok and name .. " may come again.", why
  end)
end

function slash.mute(client, rest)
  return on_somebody(client, rest, function(room, name, tail)
    local seconds, why = minutes(tail)
    if not seconds and why ~= "" then
      return nil, seconds == false and why or "Type /mute HANDLE [minutes]"
    end
    return room:mute(client, name, seconds)
  end)
end

function slash.unmute(client, rest)
  return on_somebody(client, rest, function(room, name)
    local ok, why = room:allow(client, name, "muted")
    return ok and name .. " may speak again.", why
  end)
end

function slash.close(client)
  if not rooms.may_move(client) then return nil, "Answer what is asked first" end
  local closed
  local _, why = in_room(client, function(room)
    local ok, why_not = room:close(client)
    closed = ok
    return ok, why_not
  end)
  if closed then return "chat" end
  return nil, why
end

function slash.op(client, rest)
  return on_somebody(client, rest, function(room, name) return room:op(client, name, true) end)
end

function slash.invite(client, rest)
  return on_somebody(client, rest, function(room, name)
    local ok, why = room:invite(client, name)
    return ok and name .. " is invited.", why
  end)
end

local function old_line(line)
  local at = os.date("%d %b %H:%M", line.at)
  local said = line.text:gsub("|", "||")
  local nick = line.nick_name:gsub("|", "||")
  if line.kind == "note" then return ("|08%s |03-- %s|07"):format(at, said) end
  if line.kind == "emote" then return ("|08%s * |15%s|07 %s"):format(at, nick, said) end
  return ("|08%s <|15%s|08>|07 %s"):format(at, nick, said)
end

function slash.history(client)
  if not rooms.may_move(client) then return nil, "Answer what is asked first" end
  return in_room(client, function(room)
    local lines = {}
    for i, line in ipairs(room:history()) do
      lines[i] = old_line(line)
      if i % 500 == 0 then time.sleep(0) end
    end
    if #lines == 0 then return nil, "Nothing has been said yet." end
    client:pager(table.concat(lines, "\n"))
    return true
  end)
end

local function toggle(client, what, on, off)
  if is_guest(client) then return end
  local c = rooms.choose(client, {})
  local new = not c[what]
  rooms.choose(client, { [what] = new })
  return nil, new and on or off
end

function slash.time(client)
  return toggle(client, "stamps", "Lines have the time before them.", "No times any more.")
end

function slash.bell(client)
  return toggle(client, "bell", "A bell rings at your name.", "No bell any more.")
end

function slash.colors(client)
  return toggle(client, "colors", "Each name has a colour of its own.",
    "All names have the same colour.")
end

-- --- the rest ---

function slash.nick(client)
  if is_guest(client) then return end
  return "nick"
end

function slash.who(client)
  if is_guest(client) then return end
  local names, lines = {}, {}
  for other in clients.each(client) do
    names[#names + 1] = other.nick_name
    lines[#lines + 1] = ("|15%s|07 %s"):format(text.pad(other.nick_name, 20):gsub("|", "||"),
      ((other.status or other.title):gsub("|", "||")))
    if #lines == SHOWN then break end
  end
  local total = clients.count(client)
  local line = total .. " on line: " .. table.concat(names, ", ")
  if #line < LONGEST_LINE then return nil, line end
  show(client, lines, total - #lines, "W in the main menu lists them")
end

function slash.help(client)
  local lines = table.move(HELP, 1, #HELP, 1, {})
  if client.level >= settings.levels.sysop then
    table.move(SYSOPS_HELP, 1, #SYSOPS_HELP, #lines + 1, lines)
  end
  show(client, lines)
end

function slash.quit(client)
  client:hangup("Until the next perigee.")
end

return slash
