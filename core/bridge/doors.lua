-- doors.lua -- bbs.doors: external programs for callers, as the settings name them. Each runs
-- as bbs.command's do, and is told of its caller by a drop file in a folder of that run alone.
local db = require "bbs.db"
local host = require "core.doors"
local dropfiles = require "core.dropfiles"
local door_settings = require "core.door_settings"
local settings = require "bbs.settings"
local users = require "bbs.users"

local doors = {}
local busy = {} -- by name, of those for one caller at a time: { client, since, process }

local function is_sysop(client)
  return client.level >= settings.levels.sysop
end

-- --- who is in it ---

-- A program whose caller has gone takes a moment to end.
local function who_is_in(name)
  local run = busy[name]
  if run and run.process and not run.process:running() then
    busy[name], run = nil, nil
  end
  return run
end

local function describe(run, viewer)
  local hidden = run.hidden and not is_sysop(viewer)
  return {
    nick_name = hidden and "somebody" or run.nick_name, since = run.since,
    since_text = os.date("%H:%M", run.since),
  }
end

-- -> what is to be closed when the run has ended, or nil and why not
local function take_turn(client, door)
  local other = door.one and who_is_in(door.name)
  if other then
    local who = describe(other, client)
    return nil, ("%s plays %s since %s, and it is for one at a time"):format(who.nick_name,
      door.title, who.since_text)
  end
  local run = {
    nick_name = client.nick_name, hidden = client.hidden, since = math.floor(os.time()),
  }
  if door.one then busy[door.name] = run end
  return setmetatable(run, {
    __close = function()
      if busy[door.name] == run and not (run.process and run.process:running()) then
        busy[door.name] = nil
      end
    end,
  })
end

-- --- what a door is told ---

-- Whole seconds: the least of the door's own and those that the call still has.
local function time_left(client, door)
  return math.max(1, math.floor(math.min(door.minutes * 60, host.call_left(client))))
end

local function sysops_name()
  local row = db.row("SELECT nick_name FROM users WHERE level >= ? ORDER BY id LIMIT 1",
    settings.levels.sysop)
  return row and row.nick_name or "Sysop"
end

local function facts_of(client, door, seconds, drop)
  local user = users.find(client.user_id) or {}
  local now = os.time()
  return {
    node = client.id, user = user.id or 0, handle = client.user_id,
    nick_name = client.nick_name, location = user.location or "", level = client.level,
    is_sysop = is_sysop(client), calls = user.calls or 1, last_call = user.last_call or now,
    seconds = seconds, ansi = client.term.ansi, width = client.term.width,
    height = client.term.height, board = settings.board.name, sysop = sysops_name(),
    since = math.floor(client.since), now = now, drop = drop, system = "Perigee",
    socket = door.socket and host.SOCKET or nil,
  }
end

local function fill(text, places)
  return (text:gsub("%%(%u+)%%", places))
end

local function filled(door, places)
  local argv, env = {}, {}
  for i, word in ipairs(door.argv) do argv[i] = fill(word, places) end
  for name, value in pairs(door.env) do env[name] = fill(value, places) end
  return argv, env
end

-- What core.doors.run is asked for; or nil and why not.  Waits.
local function make_request(client, door)
  local drop, why = host.drop(client)
  if not drop then return nil, why end
  local seconds = time_left(client, door)
  local argv, env = filled(door, {
    DROP = drop, KEEP = host.KEEP, NODE = tostring(client.id), HANDLE = client.user_id,
    MINUTES = tostring(seconds // 60),
  })
  local name = door.dropfile
  return {
    argv = argv, env = env, seconds = seconds, charset = door.charset, name = door.name,
    user = door.user, setting = ("doors.%s.user"):format(door.name), folder = door.folder,
    socket = door.socket, drop = drop, drop_file = name,
    drop_text = name and dropfiles.make(name, facts_of(client, door, seconds, drop)),
  }
end

-- --- running one ---

local function how_it_ended(door, ending)
  if ending.ok then return nil end
  if ending.reason == host.TIME_OVER then
    return ("Your time in %s is over"):format(door.title)
  elseif ending.reason then
    return ("%s was ended: %s"):format(door.title, ending.reason)
  elseif ending.code then
    return ("%s has ended with code %d"):format(door.title, ending.code)
  end
  return ("%s has crashed%s"):format(door.title,
    ending.signal and " (SIG" .. ending.signal .. ")" or "")
end

-- Others read where the caller is, as long as it lasts.
local function set_status(client, text)
  local before = client.status
  client.status = text
  return setmetatable({}, { __close = function() client.status = before end })
end

-- The door, or nil where there is none for this caller.
local function find(client, name)
  local door = door_settings.find(name)
  return door and client.user_id ~= "GUEST" and client.level >= door.level and door or nil
end

-- doors.why_not(client, name) -> nil, or why it can't run now and what has to be set
function doors.why_not(client, name)
  local door = find(client, name)
  if not door then return ("There is no door %s for you"):format(name) end
  local ok, why = host.check(client, door.user, ("doors.%s.user"):format(name))
  if not ok then return ("%s can't run: %s"):format(door.title, why) end
end

-- doors.run(client, name) -> the seconds that it took, or nil and why not, or how it has ended
-- other than it should.  Waits.
function doors.run(client, name)
  local why = doors.why_not(client, name)
  if why then return nil, why end
  local door = find(client, name)
  local turn <close>, taken = take_turn(client, door)
  if not turn then return nil, taken end
  local request, problem = make_request(client, door)
  if request then turn.process, problem = host.run(request) end
  if not turn.process then return nil, ("%s can't run: %s"):format(door.title, problem) end
  local _turn_back <close> = set_status(client, "in " .. door.title)
  local ending
  ending, problem = client:attach(turn.process)
  if not ending then return nil, ("%s can't run: %s"):format(door.title, problem) end
  why = how_it_ended(door, ending)
  if why then return nil, why end
  return os.time() - turn.since
end

-- doors.list(client) -> the doors that are for this caller, by title: { name=, title=, about=,
-- level=, minutes=, one=, why_not= (why it can't run), busy= (who is in it, where it is for one
-- at a time: { nick_name=, since=, since_text= }) }
function doors.list(client)
  local list = {}
  for _, door in ipairs(door_settings.list()) do
    if find(client, door.name) then
      local run = door.one and who_is_in(door.name)
      list[#list + 1] = {
        name = door.name, title = door.title, about = door.about, level = door.level,
        minutes = door.minutes, one = door.one, why_not = doors.why_not(client, door.name),
        busy = run and describe(run, client) or nil,
      }
    end
  end
  return list
end

return doors
