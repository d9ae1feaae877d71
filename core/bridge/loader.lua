-- loader.lua -- the engine's own: what files may use, how they find one another, and how new
-- versions of them take the place of old ones, all or nothing (design section 5).
--
-- A generation is a set of loaded files. A changed file and all that requires it are loaded
-- into a new generation beside the old; the rest is taken over. Only if all of it loads does it
-- become the current one; or the one on trial, which sysops' calls alone run, and which is the
-- current one with changes on top. Files that are in both are the same file.
local host = ...

local loader = {}
local current = { number = 0, files = {} }
local trial -- a generation, or nil
local BEFORE_MOST = 3 -- replaced versions of a file that can still be gone back to
local kept = {} -- keep "name": tables that survive
local MANY <const> = 1e6 -- for a loop inside C, which nothing stops

-- Libraries are shared by all files: they see them through an empty table, and write to none.
local shared = setmetatable({}, { __mode = "k" })

local function share(name, library)
  local front = setmetatable({}, {
    __index = library,
    __pairs = function(self)
      return function(_, key) return next(library, key) end, self, nil
    end,
    __newindex = function(_, key)
      error(("%s.%s: all files share %s, expected a local function, or a file of lua/ to "
        .. "require"):format(name, tostring(key), name), 2)
    end,
    __metatable = false,
  })
  shared[front] = true
  return front
end

local function copy(t)
  local out = {}
  for name, value in pairs(t) do out[name] = value end
  return out
end

-- What every file sees. Per file it stands behind an environment of the file's own.
local base = {}
for _, name in ipairs {
  "assert", "error", "getmetatable", "ipairs", "next", "pairs", "pcall", "rawequal", "rawget",
  "rawlen", "select", "tonumber", "tostring", "type", "_VERSION",
} do
  base[name] = _G[name]
end
for _, name in ipairs { "math", "utf8", "coroutine" } do
  base[name] = share(name, copy(_G[name]))
end
base.os = share("os", {
  time = os.time, date = os.date, clock = os.clock, difftime = os.difftime,
})
function base.rawset(t, key, value)
  if shared[t] then error("rawset: all files share this table", 2) end
  return rawset(t, key, value)
end
-- A message handler runs where the error happened; for one that stops a handler, that is where
-- nothing can be stopped any more.
function base.xpcall(f, handler, ...)
  return xpcall(f, function(message)
    return host.is_over() and message or handler(message)
  end, ...)
end

local strings = copy(string)
strings.dump = nil
function strings.rep(s, n, separator)
  if #tostring(s) + #tostring(separator or "") == 0 then return "" end
  return string.rep(s, n, separator)
end
base.string = share("string", strings)
-- All strings share one metatable.
getmetatable("").__index = strings
getmetatable("").__metatable = false

local tables = copy(table)
function tables.move(from, first, last, at, to)
  if last - first > MANY then error("table.move: more than a million at once", 2) end
  return table.move(from, first, last, at, to or from)
end
function tables.concat(t, separator, first, last)
  if (last or 0) - (first or 1) > MANY then
    error("table.concat: more than a million at once", 2)
  end
  return table.concat(t, separator, first, last)
end
function tables.sort(t, is_less)
  if rawlen(t) > 1e5 then -- in Lua, where it can be stopped
    local f = is_less or function(a, b) return a < b end
    is_less = function(a, b) return f(a, b) end
  end
  return table.sort(t, is_less)
end
-- A __len may say what it likes; these go through that many.
for _, name in ipairs { "concat", "insert", "remove", "sort" } do
  local f = tables[name]
  tables[name] = function(t, ...)
    local meta = type(t) == "table" and debug.getmetatable(t)
    if meta and rawget(meta, "__len") ~= nil then
      error(("table.%s: not with a table that has a __len"):format(name), 2)
    end
    return f(t, ...)
  end
end
base.table = share("table", tables)

function base.setmetatable(t, meta)
  if type(meta) == "table" and rawget(meta, "__gc") ~= nil then
    error("setmetatable: there is no __gc here, expected 'local x <close>' and __close", 2)
  end
  return setmetatable(t, meta)
end
function base.load(chunk, name, _, env)
  if type(chunk) ~= "string" then error("load: a text expected", 2) end
  if env == nil then env = setmetatable({}, { __index = base, __metatable = false }) end
  return load(chunk, name, "t", env)
end
function base.collectgarbage(what)
  if (what or "count") ~= "count" then
    error('collectgarbage: only "count" is allowed here', 2)
  end
  return collectgarbage "count"
end
function base.print(...)
  local words = table.pack(...)
  for i = 1, words.n do words[i] = tostring(words[i]) end
  host.modules["bbs.log"].info(table.concat(words, " "))
end

local function refuse_global(_, name)
  error(("'%s' would be a global, expected 'local %s' before it"):format(name, name), 2)
end

local function environment()
  return setmetatable({}, { __index = base, __newindex = refuse_global, __metatable = false })
end

local require_for -- forward

-- Run a file's text in an environment of its own; -> what it returns.
local function run(file, text, extra)
  local env = environment()
  for name, value in pairs(extra or {}) do rawset(env, name, value) end
  local chunk, why = load(text, "@" .. file.path, "t", env)
  if not chunk then error(why, 0) end
  return chunk()
end

-- Functions to call every so often, that files ask for while they load.
local loading
function host.modules.every(seconds, f)
  if not loading then error("time.every: only while a file loads", 2) end
  if type(seconds) ~= "number" or not (seconds >= 0.1 and seconds <= 1e7)
      or type(f) ~= "function" then
    error("time.every(seconds, function): 0.1 or more seconds and a function expected", 2)
  end
  loading.timers[#loading.timers + 1] = { seconds = seconds, f = f }
end
host.modules["bbs.time"].every = host.modules.every
host.modules.every = nil

-- What a file says of itself while it loads, and all callers are to have: of one on trial it
-- holds from the time that it is promoted.
host.modules["core.loading"] = {
  register = function(f)
    if loading and loading.generation.is_trial then
      loading.later[#loading.later + 1] = f
    else
      f()
    end
  end,
}

local function is_handler_file(name)
  return name:find("^handlers%.") ~= nil
end

local function check_value(file)
  if is_handler_file(file.name) and type(file.value) ~= "table" then
    error(("%s:1: the file returns no table, expected 'return %s' at its end"):format(
      file.path, file.name:match "[^.]*$"), 0)
  end
  if file.value == nil then file.value = true end
end

-- Load one file into a generation; what it requires is loaded on the way.
local function load_file(generation, name, path, text)
  local file = {
    name = name, path = path, text = text, needs = {}, uses = {}, timers = {}, later = {},
    generation = generation, is_loading = true,
  }
  local outer = loading
  generation.files[name] = file
  loading = file
  local ok, value = pcall(run, file, text, { require = require_for(file) })
  loading = outer
  file.is_loading = nil
  if not ok then
    generation.files[name] = nil
    error(value, 0)
  end
  file.value = value
  check_value(file)
  return file
end

local own_modules = {}
local own_handlers = {}

local fronts = {} -- of the engine's modules, by name

-- A module of the engine's that a board may have.
local function find_own(name)
  local module = own_modules[name] or (not name:find "^core%." and host.modules[name]) or nil
  if type(module) ~= "table" then return module end
  fronts[name] = fronts[name] or share(name:match "[^.]*$", module)
  return fronts[name]
end

local function find_file(generation, name, asker)
  local file = generation.files[name]
  if file and file.is_loading then
    error(("%s requires '%s', which requires it in turn"):format(asker.path, name), 0)
  end
  if file then return file end
  local source = generation.sources and generation.sources[name]
  if source then return load_file(generation, name, source.path, source.text) end
  local text, path = host.read(name, generation.is_trial)
  return text and load_file(generation, name, path, text)
end

-- Where a file looks for others: one that is current and on trial does where its caller is.
local function home_of(file)
  local is_both = trial and not file.is_loading and trial.files[file.name] == file
  return is_both and host.is_on_trial() and trial or file.generation
end

function require_for(asker)
  return function(name)
    if type(name) ~= "string" then error("require: a name expected", 2) end
    local file = not name:find "^core%." and find_file(home_of(asker), name, asker)
    if not file then
      local own = find_own(name)
      if own then
        asker.uses[name] = true
        return own
      end
      local path = name:gsub("%.", "/")
      error(("there is no module '%s', expected lua/%s.lua"):format(name, path), 2)
    end
    asker.needs[name] = true
    return file.value
  end
end

-- All that require one of `names`, at any distance, and they themselves.
local function affected_by(names, generation)
  local affected = {}
  for name in pairs(names) do affected[name] = true end
  repeat
    local more = false
    for name, file in pairs(generation.files) do
      for need in pairs(file.needs) do
        if affected[need] and not affected[name] then
          affected[name], more = true, true
        end
      end
    end
  until not more
  return affected
end

local function stop_timers(generation, other)
  for name, file in pairs(generation.files) do
    if other.files[name] ~= file then
      for _, timer in ipairs(file.timers) do host.stop_timer(timer) end
    end
  end
end

local function start_timers(generation, other)
  for name, file in pairs(generation.files) do
    if other.files[name] ~= file then
      for _, timer in ipairs(file.timers) do host.start_timer(timer, timer.seconds, timer.f) end
    end
  end
end

-- Files that are taken over belong to the generation they are in.
local function become_current(generation)
  stop_timers(current, generation)
  start_timers(generation, current)
  for _, file in pairs(generation.files) do file.generation = generation end
  current = generation
end

-- Files that are on trial alone belong to that generation.
local function become_trial(generation)
  for name, file in pairs(generation.files) do
    if current.files[name] ~= file then file.generation = generation end
  end
  trial = generation
end

local number = 0

-- Each file that `names` brings remembers the one it replaces, and what was replaced with it.
local function remember(new, names)
  for name in pairs(names) do
    local file = new.files[name]
    if file then
      file.before, file.together = current.files[name], names
      local oldest = file
      for _ = 1, BEFORE_MOST do oldest = oldest and oldest.before end
      if oldest then oldest.before = nil end
    end
  end
end

-- loader.load(sources, gone, [is_trial]): `sources` maps names to { path =, text = }, `gone` is
-- a set of names. -> the number of the new generation, or nil and a list of messages.
function loader.load(sources, gone, is_trial)
  local old = is_trial and trial or current
  local changed = {}
  for name in pairs(sources) do changed[name] = true end
  for name in pairs(gone) do changed[name] = true end
  local affected = affected_by(changed, old)
  local new = { files = {}, sources = {}, is_trial = is_trial }
  for name, file in pairs(old.files) do
    if not affected[name] then
      new.files[name] = file
    elseif not gone[name] then
      new.sources[name] = { path = file.path, text = file.text }
    end
  end
  for name, source in pairs(sources) do new.sources[name] = source end
  local names = {}
  for name in pairs(new.sources) do names[#names + 1] = name end
  table.sort(names)
  local messages, seen = {}, {}
  for _, name in ipairs(names) do
    if not new.files[name] then
      local source = new.sources[name]
      local ok, why = pcall(load_file, new, name, source.path, source.text)
      why = not ok and tostring(why)
      if why and not seen[why] then
        seen[why] = true
        messages[#messages + 1] = why
      end
    end
  end
  if #messages > 0 then return nil, messages end
  new.sources = nil
  number = number + 1
  new.number = number
  if is_trial then
    become_trial(new)
  else
    remember(new, affected)
    become_current(new)
  end
  return number
end

-- The files of `a` that are not in `b`, or others there: a set of their names.
local function differing(a, b)
  local names = {}
  for name, file in pairs(a.files) do
    if b.files[name] ~= file then names[name] = true end
  end
  return names
end

-- loader.promote(): what is on trial is for all. -> the generation that is current then
function loader.promote()
  local new = trial
  if not new then return current.number end
  local names = differing(new, current)
  trial, new.is_trial = nil, nil
  remember(new, names)
  become_current(new)
  local sorted = {}
  for name in pairs(names) do sorted[#sorted + 1] = name end
  table.sort(sorted)
  for _, name in ipairs(sorted) do
    for _, f in ipairs(new.files[name].later) do f() end
  end
  return new.number
end

-- loader.end_trial(): nothing is on trial any more.
function loader.end_trial()
  trial = nil
end

-- What was loaded together goes together, but for what was saved since. -> the new generation
local function take_back(file)
  local new = { files = {} }
  for name, other in pairs(current.files) do
    if other.together == file.together then
      new.files[name] = other.before
    else
      new.files[name] = other
    end
  end
  number = number + 1
  new.number = number
  become_current(new)
  return number
end

-- The newest kept version that has not failed yet and loads. -> the new generation, or nil
local function load_old(name, file)
  local failed = file.failed or {}
  failed[file.text] = true
  for age = 0, math.huge do
    local text = host.read_version(file.path, age)
    if not text then return nil end
    if not failed[text] and loader.load({ [name] = { path = file.path, text = text } }, {}) then
      current.files[name].failed = failed
      current.files[name].before = nil
      return number
    end
    failed[text] = true
  end
end

-- Back to the version before of the file of this handler. -> the new generation, or nil
function loader.revert(handler)
  local name = "handlers." .. handler:match "^(.*)%.[^.]*$"
  local file = current.files[name]
  if not file then return nil end
  if file.before then return take_back(file) end
  return load_old(name, file)
end

local function look_in(is_trial)
  return is_trial and trial or current
end

-- -> the function of a handler, or nil
function loader.find(name, is_trial)
  local module, f = name:match "^(.*)%.([^.]*)$"
  local file = module and look_in(is_trial).files["handlers." .. module]
  local value = own_handlers[module]
  if file then value = file.value end
  local found = type(value) == "table" and rawget(value, f)
  return type(found) == "function" and found or nil
end

-- -> a sorted list of all handlers' names
function loader.handlers(is_trial)
  local names = {}
  for name, file in pairs(look_in(is_trial).files) do
    if is_handler_file(name) then
      for f, value in pairs(file.value) do
        if type(value) == "function" and type(f) == "string" then
          names[#names + 1] = name:sub(#"handlers." + 1) .. "." .. f
        end
      end
    end
  end
  table.sort(names)
  return names
end

-- -> a list of the paths of all files, and one of their texts
function loader.files(is_trial)
  local paths, texts = {}, {}
  for _, file in pairs(look_in(is_trial).files) do
    paths[#paths + 1], texts[#texts + 1] = file.path, file.text
  end
  return paths, texts
end

-- -> the text that a file was loaded from, or nil
function loader.text(name, is_trial)
  local file = look_in(is_trial).files[name]
  return file and file.text
end

local doors -- what the settings say of them, forward

local function flatten(prefix, t, out, path)
  for name, value in pairs(t) do
    if type(name) ~= "string" then
      error(("%s: the setting %s%s has no name"):format(path, prefix, tostring(name)), 0)
    end
    if type(value) == "table" and next(value) ~= nil and #value == 0 then
      flatten(prefix .. name .. ".", value, out, path)
    else
      out[#out + 1] = { prefix .. name, value }
    end
  end
end

-- -> a list of { name, value } of the settings a file returns, and one of { name, problem } of
-- its doors, which loader.take_doors takes.
function loader.settings(path, text)
  local file = {
    name = "settings", path = path, needs = {}, uses = {}, timers = {}, generation = current,
  }
  local t = run(file, text)
  if type(t) ~= "table" then
    error(path .. ": the file returns no table, expected 'return { ... }'", 0)
  end
  local out, wrong = {}, doors.check(t.doors)
  t = copy(t)
  t.doors = nil
  flatten("", t, out, path)
  table.sort(out, function(a, b) return a[1] < b[1] end)
  return out, wrong
end

-- The settings that were read last hold from now on.
function loader.take_doors()
  doors.take()
end

-- The engine's own Lua: with the modules that no board may have.
local function own(name)
  local env = setmetatable({}, { __index = _G })
  env.require = function(wanted) return own_modules[wanted] or host.modules[wanted] end
  env.client_methods = host.client_methods
  return assert(load(host.own[name], "=" .. name .. ".lua", "t", env))()
end

own_modules["bbs.keep"] = function(name)
  if type(name) ~= "string" then error("keep: a name expected", 2) end
  kept[name] = kept[name] or {}
  return kept[name]
end
own_modules["bbs.clients"] = own "clients"
own_modules["bbs.users"] = own "users"
host.modules["core.descriptions"] = own "descriptions"
own_modules["bbs.files"] = own "files"
own_modules["bbs.zmodem"] = own "zmodem"
own_modules["bbs.friends"] = own "friends"
own_modules["bbs.rooms"] = own "rooms"
own_modules["bbs.talk"] = own "talk"
own_modules["bbs.audit"] = own "audit"
own_modules["bbs.sysop"] = own "sysop"
own_modules["bbs.bans"] = own "bans"
own_modules["bbs.shoulder"] = own "shoulder"
host.modules["core.dropfiles"] = own "dropfiles"
host.modules["core.door_settings"] = own "door_settings"
doors = host.modules["core.door_settings"]
own_modules["bbs.doors"] = own "doors"
own_modules["bbs.board"] = own "board"
host.modules["core.explain"] = own "explain"
host.start_timer({}, 1, host.modules["core.rooms"].flush_moves)
loader.listeners = host.modules["core.clients"].listeners
for _, name in ipairs { "client", "choose", "pager", "editor" } do own(name) end
own_handlers.list = own "list"
own_modules["bbs.list"] = own_handlers.list
loader.rescue = own "rescue"

-- A function that forgets an account which the command line has ended.
function loader.forget(id, nick_name, into, is_anonymised)
  local accounts, users = host.modules["core.accounts"], own_modules["bbs.users"]
  return function()
    accounts.forget({ id = id, nick_name = nick_name }, into > 0 and users.find_id(into) or nil,
      is_anonymised and users.SOMEBODY or nil)
  end
end

-- A function that does a command of the command line; what it says goes to say(what, text).
local SAID <const>, DONE <const>, REFUSED <const> = 0, 1, 2

-- The engine's modules that a handler's file requires, and those that it requires.
local function used_by(handler)
  local used, seen = {}, {}
  local function visit(name)
    local file = current.files[name]
    if not file or seen[name] then return end
    seen[name] = true
    for module in pairs(file.uses) do used[module] = true end
    for need in pairs(file.needs) do visit(need) end
  end
  visit("handlers." .. handler:match "^(.*)%.[^.]*$")
  return used
end

local board = { read = host.read, find = loader.find, used_by = used_by }

function loader.command(module, words, say)
  return function()
    local function print_line(text) say(SAID, text) end
    local command = module == "explain" and host.modules["core.explain"].command
      or own_modules["bbs.files"].command
    local done, why = command(words, print_line, board)
    say(done and DONE or REFUSED, why or "")
  end
end

return loader
