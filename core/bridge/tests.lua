-- What the tests of a board are written in: test(name, function(t) ... end), callers and what
-- they see. Runs in `perigee test`, beside the server that is tested.
local options, files = ...
local act, read = options.act, options.read

local PATIENCE <const> = 5 -- seconds, for what is to come
local STUCK <const> = 20   -- seconds of a handler that is not over: it never will be
local PICTURES <const> = 3 -- of callers, where a test has failed

local counts = { passed = 0, failed = 0 }
local failures = {} -- "FILE: name" of each
local current -- the test that runs: { file =, name =, callers =, allowed = }

local function print_line(format, ...)
  act("print", select("#", ...) > 0 and format:format(...) or format)
end

-- Do it, or end the test.
local function must(what, ...)
  local results = table.pack(act(what, ...))
  if results.n == 2 and results[1] == nil then error({ text = results[2] }, 0) end
  return table.unpack(results, 1, results.n)
end

-- --- where in the tests something is ---

-- The lines of tests that led here, the innermost first.
local function places()
  local list = {}
  for level = 2, 100 do
    local at = debug.getinfo(level, "Sl")
    if not at or (at.what == "main" and #list > 0) then break end
    if at.source:find "^@lua/tests/" and at.currentline > 0 then
      list[#list + 1] = ("%s:%d"):format(at.source:sub(2), at.currentline)
    end
  end
  return list
end

local CALLERS <const> = 5 -- and the place itself: of more, a recursion, nobody wants to read

-- What an error is for people: FILE:LINE: what, and who called.
local function explain(problem)
  local at = places()
  local text = type(problem) == "table" and problem.text or tostring(problem)
  if type(problem) == "table" and at[1] then text = at[1] .. ": " .. text end
  if at[2] then
    text = text .. "\n(called from " .. table.concat(at, ", ", 2, math.min(#at, CALLERS)) .. ")"
  end
  return text
end

local function fail(format, ...)
  error({ text = format:format(...) }, 0)
end

local function expect_type(value, wanted, name)
  if type(value) ~= wanted then
    fail("%s: a %s expected, got %s", name, wanted, value == nil and "nothing" or type(value))
  end
end

-- --- callers ---

local KEYS <const> = {
  up = "\27[A", down = "\27[B", right = "\27[C", left = "\27[D",
  home = "\27[H", ["end"] = "\27[F",
  page_up = "\27[5~", page_down = "\27[6~", insert = "\27[2~", delete = "\27[3~",
  enter = "\r", tab = "\t", backtab = "\27[Z", backspace = "\8", escape = "\27", space = " ",
  f1 = "\27OP", f2 = "\27OQ", f3 = "\27OR", f4 = "\27OS", f5 = "\27[15~", f6 = "\27[17~",
  f7 = "\27[18~", f8 = "\27[19~", f9 = "\27[20~", f10 = "\27[21~", f11 = "\27[23~",
  f12 = "\27[24~",
}

local function bytes_of(key)
  local letter = key:match "^ctrl%-(%a)$"
  if letter then return string.char(letter:upper():byte() - 64) end
  if utf8.len(key) == 1 then return key end
  return KEYS[key]
end

local caller = {}
caller.__index = caller

-- Wait until all that was typed has been done, and remember where that has led.
local function settle(self, seconds)
  local keyword, is_settled, node, level = must("settle", self.number, seconds or PATIENCE)
  self.is_over = keyword == nil
  if keyword then self.keyword, self.node, self.level = keyword, node, level end
  return is_settled
end

-- A lone Esc is one when nothing has come behind it for a while, which need not be waited for.
local ESCAPE <const> = "pass 0.16"

local function press(self, bytes, seconds)
  current.asked = self
  must("type", self.number, bytes)
  if bytes:sub(-1) == "\27" and not settle(self, 0.005) then must("ask", ESCAPE) end
  return settle(self, seconds)
end

local function rows_of(self)
  local rows = {}
  for row in must("rows", self.number):gmatch "([^\n]*)\n" do rows[#rows + 1] = row end
  return rows
end

local function find_row(rows, text)
  for i, row in ipairs(rows) do
    if row:find(text, 1, true) then return i end
  end
end

-- Until `holds()` gives something, which is returned.
local function wait_for(self, holds)
  current.asked = self
  local until_ = must "now" + (current.patience or PATIENCE)
  settle(self)
  repeat
    local found = holds()
    if found then return found end
    must("wait", 0.02)
    local _ = self.is_over or settle(self, 0.05)
  until must "now" > until_
  return holds()
end

local function describe(self)
  if self.is_over then return "the call is over" end
  return ("it is at the screen '%s'"):format(self.keyword)
end

-- Wait until `text` stands in the window.
function caller:expect(text)
  expect_type(text, "string", "expect")
  local function holds() return find_row(rows_of(self), text) end
  return wait_for(self, holds)
    or fail('"%s" does not come: %s', text, describe(self))
end

-- Wait until it does not.
function caller:expect_gone(text)
  expect_type(text, "string", "expect_gone")
  local function holds() return not find_row(rows_of(self), text) end
  return wait_for(self, holds) or fail('"%s" does not go away: %s', text, describe(self))
end

local function elsewhere(rows, text)
  local row = find_row(rows, text)
  return row and ("; row %d has it"):format(row) or ""
end

-- see(row, text): it stands in that row, from 1; see(text): somewhere.
function caller:see(row, text)
  if text == nil then return self:expect(row) end
  expect_type(row, "number", "see")
  expect_type(text, "string", "see")
  local rows = rows_of(self)
  if not rows[row] then fail("there is no row %s, expected 1 to %d", row, #rows) end
  local function holds()
    rows = rows_of(self)
    return rows[row]:find(text, 1, true)
  end
  return wait_for(self, holds)
    or fail('row %d has no "%s": it is "%s"%s', row, text, rows[row], elsewhere(rows, text))
end

-- It stands nowhere, now that all has been done.
function caller:see_not(text)
  expect_type(text, "string", "see_not")
  current.asked = self
  settle(self)
  local row = find_row(rows_of(self), text)
  if row then fail('row %d has "%s"', row, text) end
end

-- Wait until the caller is at that screen.
function caller:at(keyword)
  expect_type(keyword, "string", "at")
  return wait_for(self, function() return not self.is_over and self.keyword == keyword end)
    or fail("the screen is not '%s': %s", keyword, describe(self))
end

-- Wait until the board has ended the call.
function caller:expect_end()
  return wait_for(self, function() return self.is_over end)
    or fail("the call does not end: %s", describe(self))
end

-- Text as it is typed, "\r" is Enter.
function caller:type(text)
  expect_type(text, "string", "type")
  settle(self)
  press(self, text)
  return self
end

-- Keys by name: "up", "escape", "f1", "ctrl-c", "x".
function caller:key(...)
  for _, key in ipairs { ... } do
    self:type(bytes_of(key)
      or fail("there is no key '%s': up, page_down, escape, f1, ctrl-c ...", key))
  end
  return self
end

function caller:row(number)
  settle(self)
  return rows_of(self)[number] or fail("there is no row %s", tostring(number))
end

-- The window, its rows with line ends between.
function caller:text()
  settle(self)
  return table.concat(rows_of(self), "\n")
end

function caller:hang_up()
  must("hang_up", self.number)
  self.is_over = true
end

-- --- snapshots ---

local function snapshot_path(name)
  if not name:find "^[%w_-]+$" then
    fail("snapshot '%s': a name of letters, digits, '-' and '_' expected", name)
  end
  return ("%s/%s.txt"):format(current.file:gsub("^lua/tests/", "lua/tests/snapshots/")
    :gsub("%.lua$", ""), name)
end

local function lines_of(text)
  local lines = {}
  for line in text:gmatch "([^\n]*)\n" do lines[#lines + 1] = line end
  return lines
end

local function plain(line)
  return (line:gsub("|%d%d", ""))
end

-- What must not matter: as many '~' as it has characters.
local function hide(text, patterns)
  for _, pattern in ipairs(patterns or {}) do
    text = text:gsub(pattern, function(found) return ("~"):rep(utf8.len(found) or #found) end)
  end
  return text
end

-- Marks below two rows, where they are not the same.
local function marks(a, b)
  local first, second, out = {}, {}, {}
  for _, c in utf8.codes(a, true) do first[#first + 1] = c end
  for _, c in utf8.codes(b, true) do second[#second + 1] = c end
  for i = 1, math.max(#first, #second) do out[i] = first[i] == second[i] and " " or "^" end
  return (table.concat(out):gsub(" +$", ""))
end

local function difference(was, is)
  local out = {}
  for i = 1, math.max(#was, #is) do
    local a, b = was[i] or "", is[i] or ""
    if a ~= b then
      local x, y = plain(a), plain(b)
      if x == y then x, y = a, b end -- the colours alone
      out[#out + 1] = ("row %d\n  was  %s\n  is   %s\n       %s"):format(i, x, y, marks(x, y))
    end
  end
  return table.concat(out, "\n")
end

-- The window is as it was when the snapshot was made; what matches a pattern of settings.hide
-- may be anything of that length.
function caller:snapshot(name, settings)
  expect_type(name, "string", "snapshot")
  current.asked = self
  settle(self)
  local path = snapshot_path(name)
  local is = hide(must("look", self.number), settings and settings.hide)
  local was = read(path)
  if options.updates and was ~= is then
    must("write", path, is)
    print_line("        %s has been written", path)
  elseif not was then
    fail("there is no %s yet: perigee test --update makes it", path)
  elseif was ~= is and not options.updates then
    fail("the window is not as in %s (perigee test --update, if it is right so)\n%s", path,
      difference(lines_of(was), lines_of(is)))
  end
end

-- --- t ---

-- t.system_user: a user of the system whom programs of the board can run as, as it is tested
-- here: for the setting command.user.
local t = { system_user = options.user }

local function take_size(size)
  local columns, rows = tostring(size or "80x25"):match "^(%d+)x(%d+)$"
  columns, rows = tonumber(columns), tonumber(rows)
  if not columns or columns < 20 or columns > 255 or rows < 10 or rows > 100 then
    fail('size "%s": COLUMNSxROWS expected, 20x10 to 255x100, as in "80x25"', tostring(size))
  end
  return columns, rows
end

local DIAL <const> = { size = 1, charset = 1, ansi = 1, as = 1, at = 1, address = 1 }

-- A call: { size = "80x25", charset = "cp437", ansi = false, as = "luna", at = "wall",
-- address = "127.0.0.9" }
function t:dial(how)
  how = how or {}
  for name in pairs(how) do
    if not DIAL[name] then
      fail("dial{ %s = }: size, charset, ansi, as, at or address expected", tostring(name))
    end
  end
  local columns, rows = take_size(how.size)
  local number = must("dial", columns, rows, how.charset or "cp437", how.ansi ~= false,
    how.as or false, how.at or false, how.address or "127.0.0.1")
  local new = setmetatable({ number = number, as = how.as, keyword = "root" }, caller)
  current.callers[#current.callers + 1] = new
  -- A terminal that answers nothing is waited for by the server.
  local is_silent = how.ansi == false or how.charset == "ascii"
  if not settle(new, is_silent and 0.003 or 0.05) then must("ask", "pass 0.5") end
  settle(new)
  return new
end

local USER <const> = { nick = 1, password = 1, level = 1 }

-- Make an account, or change the one of that handle: { nick =, password =, level = }
function t:user(handle, how)
  expect_type(handle, "string", "user")
  for name in pairs(how or {}) do
    if not USER[name] then fail("user{ %s = }: nick, password or level expected", name) end
  end
  how = how or {}
  must("account", handle, how.nick or false, how.password or false, how.level or 0)
  return handle
end

local function settle_all()
  for _, one in ipairs(current.callers) do
    local _ = one.is_over or settle(one)
  end
end

-- So many seconds pass at once.
function t:pass(seconds)
  expect_type(seconds, "number", "pass")
  if not (seconds >= 0 and seconds < 1e9) then fail("pass: 0 or more seconds expected") end
  must("ask", ("pass %.3f"):format(seconds))
  settle_all()
end

-- It is that time of that day, "2030-12-31 23:59" (UTC, as all that is tested).
function t:clock(text)
  local year, month, day, hour, min, sec = tostring(text):match
    "^(%d%d%d%d)-(%d%d)-(%d%d) (%d%d):(%d%d):?(%d*)$"
  if not year then fail('clock "%s": "2030-12-31 23:59" expected', tostring(text)) end
  must("ask", ("clock %d"):format(os.time { year = year, month = month, day = day, hour = hour,
    min = min, sec = tonumber(sec) or 0 }))
end

-- The server goes down and comes up again.
function t:restart()
  must "restart"
  for _, one in ipairs(current.callers) do one.is_over = true end
  current.callers, current.asked = {}, nil
end

-- A file of the data folder's files/.
function t:file(path, text)
  expect_type(path, "string", "file")
  expect_type(text, "string", "file")
  must("put", path, text)
end

-- A file of the board that is tested, a copy of yours: "lua/settings.lua", "screens/menu.txt".
-- It is in use when this is over; what is wrong with it is a failure of the test.
function t:write(path, text)
  expect_type(path, "string", "write")
  expect_type(text, "string", "write")
  must("change", path, text)
  settle_all()
end

-- An error that the server logs, and that has this text, is as it should be.
function t:allow(text)
  expect_type(text, "string", "allow")
  current.allowed[#current.allowed + 1] = text
end

-- How long what is expected may take to come.
function t:patience(seconds)
  expect_type(seconds, "number", "patience")
  current.patience = seconds
end

-- What the server has logged as errors, less what is allowed.
local function new_errors()
  local out = {}
  for line in must "errors":gmatch "([^\n]*)\n" do
    local is_allowed = false
    for _, text in ipairs(current.allowed) do
      is_allowed = is_allowed or line:find(text, 1, true) ~= nil
    end
    if not is_allowed then out[#out + 1] = (line:gsub("|", "\n    ")) end
  end
  return #out > 0 and "the server logged:\n  " .. table.concat(out, "\n  ") or nil
end

-- --- wandering ---

local WORDS <const> = {
  "1", "2", "0", "-1", "99999999999999999999", "y", "n", "yes", "no", "new", "linear",
  "wanderer", "wanderop", "sysop", "/help", "/who", "/quit", "/join lobby", "/rooms", "//x",
  "/", "%s%d%n", "|15|24x", "' OR 1=1 --", "../../etc/passwd", "<% get:x %>", "\27[2J", "\0",
  "\u{e9}", "\u{6f22}\u{5b57}", "\u{1f319}", ("x"):rep(300), "2030-01-01", "q", "?",
}
local SIZES <const> = { "80x25", "80x25", "80x24", "40x25", "132x50", "20x10" }
local CHARSETS <const> = { "cp437", "utf-8", "ascii" }
local PRESSED <const> = {
  "up", "down", "left", "right", "home", "end", "page_up", "page_down", "tab", "backspace",
  "delete", "f1", "escape", "space", "ctrl-c", "ctrl-r", "ctrl-l", "ctrl-k", "ctrl-w",
}

local function any(list)
  return list[math.random(#list)]
end

-- A key that leads somewhere from here, if there is one.
local function a_way(one)
  local keys = {}
  for key in must("ask", "keys " .. one.number):gmatch "([^\n]+)\n" do keys[#keys + 1] = key end
  return #keys > 0 and any(keys) or nil
end

local function next_input(one)
  local dice = math.random(100)
  local way = dice <= 50 and a_way(one)
  if way then return way, bytes_of(way:lower()) or way end
  if dice <= 65 then return "enter", "\r" end
  if dice <= 80 then
    local word = any(WORDS)
    return word:sub(1, 20):gsub("%c", "?") .. " enter", word .. "\r"
  end
  if dice <= 90 then
    local key = any(PRESSED)
    return key, bytes_of(key)
  end
  local key = string.char(math.random(33, 126))
  return key, key
end

local function walked(one)
  local path, from = one.path, math.max(1, #one.path - 15)
  return (from > 1 and "... " or "") .. table.concat(path, ", ", from)
end

local function check_walk(one, seed)
  local why = new_errors()
  if not why and not one.is_over and not settle(one, STUCK) then
    why = ("the board has not answered for %d s"):format(STUCK)
  end
  if why then
    current.callers, current.asked = { one }, one
    fail("wander{ seed = %d }: %s (%s) had typed, screen by screen: %s\n%s", seed,
      one.as or "a guest", one.size, walked(one), why)
  end
end

local function step(one, seed)
  local name, bytes = next_input(one)
  one.path[#one.path + 1] = ("%s: %s"):format(one.keyword, name)
  press(one, bytes, 1)
  check_walk(one, seed)
end

local function begin_walk(as)
  local size = any(SIZES)
  local one = t:dial { as = any(as) or nil, size = size, charset = any(CHARSETS),
    ansi = math.random(8) > 1 }
  one.path, one.size, one.left = {}, size, math.random(40)
  return one
end

local function end_walk(walkers, i)
  local one = table.remove(walkers, i)
  current.asked = nil
  must("hang_up", one.number)
  must("release", one.number)
  for k, other in ipairs(current.callers) do
    if other == one then table.remove(current.callers, k) end
  end
end

local WANDER <const> = { calls = "number", as = "table", at_once = "number", seed = "number" }

local function take_wander(how)
  for name, value in pairs(how) do
    if not WANDER[name] then
      fail("wander{ %s = }: calls, as, at_once or seed expected", tostring(name))
    end
    expect_type(value, WANDER[name], "wander: " .. name)
  end
  if how.as and #how.as == 0 then fail("wander: as: one handle at least expected, or false") end
  if (how.at_once or 1) < 1 then fail("wander: at_once: 1 or more expected") end
end

-- Callers who type what comes to their mind, some at once; whatever the server logs as an error
-- meanwhile is a failure. { calls = 100, as = { "luna", false }, at_once = 3, seed = }
function t:wander(how)
  how = how or {}
  take_wander(how)
  local seed = how.seed or (options.seed ~= 0 and options.seed) or must "random"
  local as = how.as
  if not as then
    as = { false, t:user("wanderer"), t:user("wanderop", { level = 255 }) }
  end
  math.randomseed(seed)
  local begun, walkers, calls = 0, {}, how.calls or 100
  while begun < calls or #walkers > 0 do
    if begun < calls and #walkers < (how.at_once or 3) then
      begun = begun + 1
      must("progress", ("wandering: call %d of %s"):format(begun, calls))
      walkers[#walkers + 1] = begin_walk(as)
    end
    local i = math.random(#walkers)
    local one = walkers[i]
    if one.is_over or one.left == 0 then
      check_walk(one, seed)
      end_walk(walkers, i)
    else
      one.left = one.left - 1
      step(one, seed)
    end
  end
end

-- --- running them ---

local function indent(text, by)
  return by .. text:gsub("\n", "\n" .. by)
end

local function show_caller(one)
  local who = one.as or (one.level or 0) > 0 and "who came as a guest" or "a guest"
  print_line("        what %s sees (%s):", who, describe(one))
  local ok, drawn = pcall(must, "drawn", one.number)
  print_line "        \u{250c}"
  if ok then print_line(indent(drawn:gsub("\n$", ""), "        \u{2502}")) end
  print_line "        \u{2514}"
end

-- The one of whom something was asked last is first, of the others those who came last.
local function show_callers()
  local last, shown = current.asked, 0
  if last then
    show_caller(last)
    shown = 1
  end
  for i = #current.callers, 1, -1 do
    local one = current.callers[i]
    if one ~= last and shown < PICTURES then
      show_caller(one)
      shown = shown + 1
    end
  end
  if #current.callers > shown then
    print_line("        and %d callers more", #current.callers - shown)
  end
end

local function run_body(body)
  must("start", current.is_empty)
  body(t)
  for _, one in ipairs(current.callers) do
    local _ = one.is_over or settle(one, 1)
  end
  local errors = new_errors()
  if errors then error({ text = errors }, 0) end
end

-- The server's errors belong to why it failed.
local function add_errors(why)
  local ok, errors = pcall(new_errors)
  if not ok or not errors or why:find("the server logged", 1, true) then return why end
  return why .. "\n" .. errors
end

local function run(name, body)
  local began = must "now"
  current.name, current.callers, current.allowed, current.patience = name, {}, {}, nil
  current.asked = nil
  local ok, why = xpcall(run_body, explain, body)
  local seconds = must "now" - began
  if ok then
    counts.passed = counts.passed + 1
    print_line("  ok    %s  (%.1f s)", name, seconds)
  else
    counts.failed = counts.failed + 1
    failures[#failures + 1] = current.file .. ": " .. name
    print_line("  FAIL  %s  (%.1f s)", name, seconds)
    print_line(indent(add_errors(why), "        "))
    show_callers()
  end
  local _, unknown = act "visited"
  if unknown and ok then print_line("        what it has visited is not known: %s", unknown) end
end

local names = {}

-- The tests of this file begin with an empty store, and not with a copy of the board's.
function _G.empty_store()
  if not current or current.is_running or next(names) then
    error({ text = "empty_store() stands before the tests of a file" }, 0)
  end
  current.is_empty = true
end

function _G.test(name, body)
  if type(name) ~= "string" or type(body) ~= "function" then
    error({ text = "test(name, function(t) ... end) expected" }, 0)
  end
  if not current or current.is_running then
    error({ text = "test(...): not within a test" }, 0)
  end
  if names[name] then
    error({ text = ("there are two tests called '%s'"):format(name) }, 0)
  end
  names[name] = true
  if options.only and not name:find(options.only, 1, true) then return end
  local file = current
  file.is_running = true
  run(name, body)
  file.is_running = false
end

-- Nothing of the machine is at hand: a board from elsewhere may be tested.
local load_text <const> = load
_G.os = { time = os.time, date = os.date, clock = os.clock, difftime = os.difftime }
for _, name in ipairs { "dofile", "loadfile", "collectgarbage", "load" } do _G[name] = nil end

local env = setmetatable({}, {
  __index = function(_, name) return name ~= "debug" and _G[name] or nil end,
  __newindex = function(_, name)
    fail("'%s' would be a global, expected 'local %s' before it", name, name)
  end,
})
local modules = {}

local function load_file(path)
  local text = read(path)
  if not text then return nil, path .. ": it can't be read" end
  return load_text(text, "@" .. path, "t", env)
end

function _G.require(name)
  if modules[name] ~= nil then return modules[name] end
  local path = "lua/" .. tostring(name):gsub("%.", "/") .. ".lua"
  if not path:find "^lua/tests/" then
    error({ text = ("require '%s': tests may have what is below lua/tests/, as tests.NAME")
      :format(name) }, 0)
  end
  local chunk, why = load_file(path)
  if not chunk then error({ text = why }, 0) end
  modules[name] = chunk() or true
  return modules[name]
end

for _, path in ipairs(files) do
  print_line(path)
  current = { file = path, is_empty = false }
  names = {}
  local chunk, why = load_file(path)
  local ok = chunk ~= nil
  if ok then ok, why = xpcall(chunk, explain) end
  if not ok then
    counts.failed = counts.failed + 1
    failures[#failures + 1] = path
    print_line("  FAIL  the file")
    print_line(indent(tostring(why), "        "))
  end
end

-- They stand far apart, between pictures.
if #failures > 1 then
  print_line "These have failed:"
  for _, name in ipairs(failures) do print_line("  " .. name) end
end
return counts.passed, counts.failed
