-- door_settings.lua -- the table `doors` of the settings: what may stand there, and what does.
local dropfiles = require "core.dropfiles"

local PLACES <const> = "%DROP%, %KEEP%, %NODE%, %HANDLE%, %MINUTES%"
local KNOWN <const> = { DROP = true, KEEP = true, NODE = true, HANDLE = true, MINUTES = true }
local WORDS_MOST <const>, VARIABLES_MOST <const> = 100, 40

local door_settings = {}
local pending = {} -- as they were checked last
local current = {} -- as they are in force

-- --- what a field may be; each returns what was expected, or nothing ---

local function is_text(value, most)
  return type(value) == "string" and value:find "%S" and #value <= most
    and not value:find "[%z\1-\31\127]"
end

local function text_of(most)
  return function(value)
    if not is_text(value, most) then
      return ("expected a text of 1 to %d bytes"):format(most)
    end
  end
end

local function number_of(least, most)
  return function(value)
    if math.type(value) ~= "integer" or value < least or value > most then
      return ("expected a number from %d to %d"):format(least, most)
    end
  end
end

local function minutes(value)
  if type(value) ~= "number" or not (value > 0 and value <= 1440) then
    return "expected a number of minutes up to 1440"
  end
end

local function switch(value)
  if type(value) ~= "boolean" then return "expected true or false" end
end

local function check_places(value)
  for word in value:gmatch "%%(%u+)%%" do
    if not KNOWN[word] then
      return ("there is no %%%s%%, expected one of %s"):format(word, PLACES)
    end
  end
end

local function words(value)
  if type(value) ~= "table" or #value == 0 or #value > WORDS_MOST then
    return ("expected a list of 1 to %d words, the program's name first"):format(WORDS_MOST)
  end
  for i, word in ipairs(value) do
    if type(word) ~= "string" or word:find "%z" or (i == 1 and word == "") then
      return ("word %d: expected a text"):format(i)
    end
    local why = check_places(word)
    if why then return why end
  end
  if value[1]:find "%%%u+%%" then return "expected a program's name first, without places" end
end

local function variables(value)
  local n = 0
  if type(value) ~= "table" then return "expected a table { NAME = \"value\" }" end
  for name, text in pairs(value) do
    n = n + 1
    if type(name) ~= "string" or not name:find "^[%a_][%w_]*$" or type(text) ~= "string"
        or text:find "%z" or n > VARIABLES_MOST then
      return ("expected a table { NAME = \"value\" } of at most %d"):format(VARIABLES_MOST)
    end
    local why = check_places(text)
    if why then return why end
  end
end

local function folder(value)
  if not is_text(value, 1000) or ("/" .. value .. "/"):find("/../", 1, true) then
    return "expected a folder without '..', from the board's on, or its whole path"
  end
end

local function dropfile(value)
  if type(value) ~= "string" or not dropfiles.is_one(value) then
    return 'expected "DOOR.SYS", "DOOR32.SYS", "CHAIN.TXT" or "DORINFO1.DEF"'
  end
end

local function charset(value)
  if value ~= "utf-8" and value ~= "cp437" then return 'expected "utf-8" or "cp437"' end
end

local function user(value)
  if not is_text(value, 100) then return 'expected a user of the system, or "self"' end
  if value == "root" then return "root is not allowed, expected an unprivileged user" end
end

local FIELDS <const> = {
  title = text_of(40), about = text_of(60), argv = words, env = variables, folder = folder,
  dropfile = dropfile, socket = switch, level = number_of(1, 255), minutes = minutes,
  one = switch, charset = charset, user = user,
}
local NAMES <const> =
  "title, about, argv, env, folder, dropfile, socket, level, minutes, one, charset, user"

-- --- a door ---

local function check_door(name, door, tell)
  local function wrong(field, what) tell(("doors.%s.%s"):format(name, field), what) end
  for field, value in pairs(door) do
    local check = FIELDS[field]
    local why
    if check then
      why = check(value)
    else
      why = "there is no such field, expected one of " .. NAMES
    end
    if why then wrong(tostring(field), why) end
  end
  if door.argv == nil then
    tell("doors." .. name, 'there is no argv, expected argv = { "program", ... }')
  end
  if door.socket == true and tostring(door.dropfile):lower() ~= "door32.sys" then
    wrong("socket", 'only DOOR32.SYS names it: expected dropfile = "DOOR32.SYS"')
  end
end

local function make_door(name, door)
  return {
    name = name,
    title = door.title or name,
    about = door.about or "",
    argv = table.move(door.argv, 1, #door.argv, 1, {}),
    env = door.env or {},
    folder = door.folder or "",
    dropfile = door.dropfile,
    socket = door.socket or false,
    level = door.level or 1,
    minutes = door.minutes or 60,
    one = door.one or false,
    charset = door.charset or "utf-8",
    user = door.user or "",
  }
end

-- door_settings.check(doors) -> a list of { name, problem }, sorted
function door_settings.check(doors)
  local problems, made = {}, {}
  local function tell(name, what)
    problems[#problems + 1] = { name, name .. ": " .. what }
  end
  if doors ~= nil and type(doors) ~= "table" then
    tell("doors", "expected a table { name = { argv = { ... } } }")
    doors = nil
  end
  for name, door in pairs(doors or {}) do
    if type(name) ~= "string" or not name:find "^[%w_-]+$" or #name > 30 then
      tell("doors", ("'%s': expected a name of letters, digits, - and _"):format(name))
    elseif type(door) ~= "table" then
      tell("doors." .. name, "expected a table { argv = { ... } }")
    else
      local before = #problems
      check_door(name, door, tell)
      if #problems == before then made[name] = make_door(name, door) end
    end
  end
  table.sort(problems, function(a, b) return a[2] < b[2] end)
  pending = made
  return problems
end

-- door_settings.take(): what was checked last holds.
function door_settings.take()
  current = pending
end

-- door_settings.find(name) -> a door, or nil
function door_settings.find(name)
  return current[name]
end

-- door_settings.list() -> all, by title
function door_settings.list()
  local list = {}
  for _, door in pairs(current) do list[#list + 1] = door end
  table.sort(list, function(a, b)
    if a.title:lower() ~= b.title:lower() then return a.title:lower() < b.title:lower() end
    return a.name < b.name
  end)
  return list
end

return door_settings
