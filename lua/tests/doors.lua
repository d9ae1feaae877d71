-- The doors, and the one that a new board has.
local people = require "tests.lib.people"

empty_store() -- whoever has an account on the board is not here

test("the lander flies, and leads back to the list of the doors", function(t)
  local luna = people.caller(t, t:user("luna", { nick = "Luna G." }))
  luna:key "d"
  luna:at "doors"
  luna:see "1  Moon Lander"
  luna:key "1"
  luna:expect "Nobody has landed yet."
  luna:expect "Where to, Luna G.?"
  luna:key "2"
  luna:expect "Burn how much?"
  luna:see "Altitude      400 m"
  luna:key "9"
  luna:see "Speed          24 m/s"
  luna:key "q"
  luna:expect "Where to"
  luna:key "q"
  luna:expect "Which door?"
  luna:key "q"
  luna:at "menu"
end)

test("a number that no door has is refused", function(t)
  local luna = people.caller(t, "luna", { at = "doors" })
  luna:key "7"
  luna:see "There is no door of that number"
  luna:at "doors"
end)

test("a door that can't run says so before anybody opens it", function(t)
  t:write("lua/settings.lua", [[
return {
  doors = {
    unsafe = { title = "Unsafe", about = "Not here", argv = { "sh" }, user = "nobody-of-here" },
  },
}
]])
  local luna = people.caller(t, "luna", { at = "doors" })
  luna:see "1  Unsafe"
  luna:see "not set up: see below"
  luna:see "Unsafe can't run: "
  luna:key "1"
  luna:see "Unsafe can't run: "
  luna:at "doors"
end)

test("where there are ten doors or more a number ends with Enter", function(t)
  local doors = {}
  for i = 1, 11 do
    doors[i] = ([[door%02d = { title = "Door %d", about = "One of many",
      argv = { "echo", "this is door %d" }, user = "self" }]]):format(i, i, i)
  end
  t:write("lua/settings.lua", ("return { doors = { %s } }"):format(table.concat(doors, ", ")))
  local luna = people.caller(t, "luna", { at = "doors" })
  luna:key "1"
  luna:expect "Number: 1"
  luna:key "ctrl-u"
  luna:type "55\r"
  luna:see "There is no door of that number"
end)

test("a board without doors says how it gets some", function(t)
  t:write("lua/settings.lua", "return {}")
  local luna = people.caller(t, "luna", { at = "doors" })
  luna:see "No door is open here. A sysop lists them in lua/settings.lua."
  t:dial { as = "luna", at = "doors", size = "40x24" }:snapshot "no-doors-40"
end)

test("the doors on terminals of all kinds", function(t)
  people.caller(t, "luna", { at = "doors" }):snapshot "doors"
  people.caller(t, "luna", { at = "doors", size = "40x24" }):snapshot "doors-40"
  people.caller(t, "luna", { at = "doors", ansi = false, charset = "ascii" })
    :snapshot "doors-no-ansi"
end)
