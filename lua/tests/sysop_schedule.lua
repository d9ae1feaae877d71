-- What the board does by itself, at the sysop's desk.
local desk = require "tests.lib.desk"

empty_store() -- whoever has an account on the board is not here

local JOB <const> = [[
local log = require "bbs.log"
local chores = {}

function chores.sweep() log.info "the floor is swept" end
function chores.fall() error "the broom is broken" end

return chores
]]

-- A board that sweeps at half past three, and falls over the broom on Mondays.
local function write_board(t)
  t:write("lua/handlers/chores.lua", JOB)
  t:write("lua/settings.lua", [[
return { schedule = { ["chores.sweep"] = "03:30", ["chores.fall"] = "mon 04:00" } }
]])
end

test("what the board does by itself is listed, and done now", function(t)
  write_board(t)
  local moon = desk.sysop(t, "schedule")
  moon:see "1  chores.fall         mon 04:00     -"
  moon:see "2  chores.sweep        03:30         -"
  desk.answer(moon, "enter", "Which number:", "2")
  moon:see "chores.sweep has begun."
  moon:key("q", "l")
  moon:see "the floor is swept"
  moon:key("q", "t")
  moon:see "  ok  "
  desk.expect_audit(t, "run now", "chores.sweep")
end)

test("it is done when its time has come", function(t)
  t:clock "2030-05-01 03:29" -- before the schedule is read: it looks at the clock now and then
  write_board(t)
  local moon = desk.sysop(t, "schedule")
  moon:see "2  chores.sweep        03:30         -                        05-01 03:30"
  t:pass(90)
  moon:key("q", "l")
  moon:see "the floor is swept"
  moon:key("q", "t", "r")
  moon:see "2  chores.sweep        03:30         05-01 03:30  ok          05-02 03:30"
  moon:snapshot "schedule"
  desk.sysop(t, "schedule", { size = "40x24" }):snapshot "schedule-40"
end)

test("what goes wrong is said", function(t)
  write_board(t)
  t:allow "the broom is broken"
  local moon = desk.sysop(t, "schedule")
  desk.answer(moon, "enter", "Which number:", "1")
  moon:see "chores.fall has begun."
  moon:expect "Incident 1 in chores.fall"
  moon:key "r"
  moon:see "incident 1"
  moon:key("q", "l")
  desk.answer(moon, "i", "Number of the incident:", "1")
  moon:see "the broom is broken"
end)

test("a number that is none does nothing", function(t)
  write_board(t)
  local moon = desk.sysop(t, "schedule")
  desk.answer(moon, "enter", "Which number:", "7")
  moon:see "There is no such number."
  desk.answer(moon, "enter", "Which number:", "")
  moon:at "sysop/schedule"
  moon:see_not "has begun"
end)

test("a board without a schedule does nothing by itself", function(t)
  t:write("lua/settings.lua", "return {}")
  desk.sysop(t, "schedule"):see "Nothing: lua/settings.lua has no schedule."
end)

test("the starter board clears away at night what would be kept without end", function(t)
  local moon = desk.sysop(t, "schedule")
  moon:see "1  maintenance.nightly 03:30"
  desk.answer(moon, "enter", "Which number:", "1")
  moon:see "maintenance.nightly has begun."
  moon:key("q", "l")
  moon:see "maintenance.nightly: 0 lines of the wall"
end)
