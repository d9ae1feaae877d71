-- The monitor, from the menu or the desk: how the machine and the board are doing.
local desk = require "tests.lib.desk"
local people = require "tests.lib.people"

empty_store() -- whoever has an account on the board is not here

test("the monitor says how many callers there are, anew each second", function(t)
  local moon = desk.sysop(t, "monitor")
  moon:see "Callers  1 now, 1 at most, 1 today"
  people.caller(t, "luna")
  t:pass(1)
  moon:see "Callers  2 now, 2 at most, 2 today"
  moon:see "generation 1"
  moon:key "r"
  moon:at "sysop/monitor"
end)

test("the monitor has a line for each part of the machine and the board", function(t)
  for _, size in ipairs { "80x25", "40x24" } do
    local moon = desk.sysop(t, "monitor", { size = size })
    for _, name in ipairs { "CPU", "Memory", "Disk", "Network", "Busiest", "Callers", "Queues",
      "Lua", "Errors" } do
      moon:see(name)
    end
    moon:see "R look again   Q back"
  end
end)

test("without ANSI a key shows the monitor again", function(t)
  local moon = desk.sysop(t, "monitor", { ansi = false })
  moon:see "1 now"
  people.caller(t, "luna")
  t:pass(5)
  moon:see_not "2 now"
  moon:key "r"
  moon:see "2 now"
end)

test("Esc leads back to where one came from", function(t)
  local moon = people.sysop(t)
  moon:key "m"
  moon:at "sysop/monitor"
  moon:key "escape"
  moon:at "menu"
  moon:key("x", "m")
  moon:at "sysop/monitor"
  moon:key "q"
  moon:at "sysop/desk"
end)
