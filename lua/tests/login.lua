-- The front door: a handle and its password, and what leads nowhere.
local people = require "tests.lib.people"

empty_store() -- whoever has an account on the board is not here

test("a guest is asked for a handle", function(t)
  local caller = t:dial { size = "80x25", charset = "cp437" }
  caller:expect "Type your handle"
  caller:at "root"
end)

test("a handle and its password lead to the menu", function(t)
  t:user("luna", { password = "moonlight 7" })
  local caller = people.log_in(t, "luna", "moonlight 7")
  caller:at "menu"
  caller:see "Good to see you, luna"
end)

test("case does not matter in a handle, in a password it does", function(t)
  t:user("luna", { password = "moonlight 7" })
  local caller = people.log_in(t, "LUNA", "Moonlight 7")
  caller:see "(Enter alone: another handle)"
  caller:see_not "Moonlight"
  caller:type "moonlight 7\r"
  caller:at "menu"
end)

test("Enter alone at the password leads back to the handle", function(t)
  t:user("luna", { password = "moonlight 7" })
  local caller = people.log_in(t, "luna", "")
  caller:at "root"
  caller:type "luna\r"
  caller:type "moonlight 7\r"
  caller:at "menu"
end)

test("a handle that nobody has is told how to become one", function(t)
  local caller = t:dial()
  caller:type "nobody\r"
  caller:see "Nobody here has that handle. Type NEW to make an account."
  caller:type "new\r"
  caller:at "signup"
end)

test("who logs in twice may end the other call", function(t)
  t:user("luna", { password = "moonlight 7" })
  local first = people.caller(t, "luna")
  t:pass(150)
  local second = people.log_in(t, "luna", "moonlight 7")
  second:at "ghost"
  second:see(("node %d"):format(first.node))
  second:see "idle 2 min"
  second:key "x"
  second:at "ghost"
  second:key "e"
  second:at "menu"
  first:expect_end()
  first:see(("You have called again, on node %d."):format(second.node))
end)

test("who logs in twice may as well go back to the door", function(t)
  t:user("luna", { password = "moonlight 7" })
  local first = people.caller(t, "luna")
  local second = people.log_in(t, "luna", "moonlight 7")
  second:at "ghost"
  second:key "b"
  second:at "root"
  first:key "w"
  first:at "who"
end)

test("the front door on terminals of all kinds", function(t)
  t:dial():snapshot "root"
  t:dial { charset = "utf-8" }:snapshot "root-utf-8"
  t:dial { size = "40x24" }:snapshot "root-40"
  t:dial { ansi = false, charset = "ascii" }:snapshot "root-no-ansi"
end)

test("the question about another call, wide and narrow", function(t)
  t:user("luna", { password = "moonlight 7" })
  t:clock "2031-03-01 20:15"
  people.caller(t, "luna")
  t:dial { as = "luna", at = "ghost" }:snapshot "ghost"
  t:dial { as = "luna", at = "ghost", size = "40x24" }:snapshot "ghost-40"
end)

test("LINEAR at the door is for a screen reader, and stays after the login", function(t)
  t:user("luna", { password = "moonlight 7" })
  local caller = t:dial()
  caller:type "linear\r"
  caller:expect "Handle:"
  caller:type "luna\r"
  caller:type "moonlight 7\r"
  caller:at "menu"
  caller:snapshot "menu-linear"
end)
