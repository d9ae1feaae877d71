-- The log, at the sysop's desk: searched, live, and with the tracebacks of incidents.
local desk = require "tests.lib.desk"
local people = require "tests.lib.people"

empty_store() -- whoever has an account on the board is not here

test("the log moves on by itself, and is searched", function(t)
  local moon = desk.sysop(t, "log")
  moon:see_not 'user="luna"'
  people.caller(t, "luna")
  t:pass(2)
  moon:see 'user="luna"'
  desk.search(moon, "LISTENING")
  moon:see 'page 1 of 1, those with "LISTENING"'
  moon:see "listening telnet 127.0.0.1:"
  moon:see_not "luna"
  moon:snapshot("log", { hide = { "|08%d+%-%d+ [%d:]+", "127.0.0.1:%d+" } })
  desk.search(moon, "no such line")
  moon:see "There is no such line."
end)

test("in 40 columns, too", function(t)
  local moon = desk.sysop(t, "log", { size = "40x24" })
  desk.search(moon, "LISTENING")
  moon:see 'those with "LISTENING"'
  moon:snapshot("log-40", { hide = { "127.0.0.1:%d+" } })
end)

test("the log is read in full, and has pages", function(t)
  for i = 1, 12 do people.caller(t, "luna" .. i, { address = "192.0.2." .. i }) end
  local moon = desk.sysop(t, "log")
  moon:see "page 1 of 2"
  moon:key "n"
  moon:see "page 2 of 2"
  moon:see "board event=loaded"
  moon:key "p"
  moon:see "page 1 of 2"
  desk.search(moon, "192.0.2.12")
  moon:key "v"
  moon:see 'terminal="ansi"' -- the end of a line that the list cuts
  moon:key "q"
  moon:at "sysop/log"
end)

test("an incident that a caller was told of leads to its traceback", function(t)
  t:write("lua/handlers/wall.lua", [[
local wall = {}
local function deep() return nil + 1 end
function wall.lines() return { deep() } end
function wall.add() return "menu" end
return wall
]])
  t:allow "handler=wall.lines"
  people.caller(t, "luna", { at = "wall" }):see "incident 1"
  local moon = desk.sysop(t, "log")
  moon:key "w"
  moon:see "page 1 of 1, warnings and errors alone"
  moon:see "error "
  moon:see_not "info "
  moon:key "w"
  moon:see "info "
  desk.answer(moon, "i", "Number of the incident:", "1")
  moon:see "lua/handlers/wall.lua:2:"
  moon:see "stack traceback:"
  moon:key "q"
  desk.answer(moon, "i", "Number of the incident:", "99")
  moon:see "The log has no incident 99."
  desk.answer(moon, "i", "Number of the incident:", "one")
  moon:at "sysop/log"
end)
