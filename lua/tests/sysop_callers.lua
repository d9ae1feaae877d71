-- The list of callers on line, at the sysop's desk.
local desk = require "tests.lib.desk"
local people = require "tests.lib.people"

empty_store() -- whoever has an account on the board is not here

test("callers are listed with where they are and from where they call", function(t)
  t:clock "2030-05-01 20:00"
  people.caller(t, "luna", { at = "wall", address = "192.0.2.7" })
  local moon = desk.sysop(t, "callers")
  moon:see "1  luna               10  wall                          1  192.0.2.7"
  moon:see "2  moon              100  sysop/callers"
  moon:see "page 1 of 1"
  moon:snapshot "callers"
end)

test("in 40 columns, too", function(t)
  t:clock "2030-05-01 20:00"
  people.caller(t, "luna", { at = "wall" })
  desk.sysop(t, "callers", { size = "40x24" }):snapshot "callers-40"
end)

test("who comes and who goes is seen by itself", function(t)
  local moon = desk.sysop(t, "callers")
  local luna = people.caller(t, "luna")
  t:pass(2)
  moon:see "2  luna               10  menu"
  luna:key "o"
  t:pass(2)
  moon:see "2  luna               10  wall"
  luna:hang_up()
  moon:see_not "no such caller"
  t:pass(2)
  moon:expect_gone "luna"
end)

test("who does nothing is shown with how long", function(t)
  people.caller(t, "luna")
  local moon = desk.sysop(t, "callers")
  t:pass(200)
  moon:see "1  luna               10  menu              3 min"
end)

test("who is hidden has a star", function(t)
  local mars = people.caller(t, t:user("mars", { level = 100 }))
  mars:type "/invisible\r"
  mars:see "Only sysops see you now"
  desk.sysop(t, "callers"):see "1  mars*"
end)

test("visitors, who have typed nothing yet, are counted", function(t)
  t:dial()
  local moon = desk.sysop(t, "callers")
  moon:see "and 1 who has typed nothing yet"
  t:dial()
  moon:key "q" -- and back
  moon:key "c"
  moon:see "and 2 who have typed nothing yet"
end)

test("a sysop speaks to all", function(t)
  local luna, sol = people.caller(t, "luna"), people.caller(t, "sol", { at = "wall" })
  local moon = desk.sysop(t, "callers")
  desk.answer(moon, "s", "What to say to all:", "We stop at ten.")
  moon:see "Said to 2."
  luna:see "moon says to all: We stop at ten."
  sol:see "moon says to all: We stop at ten."
  desk.expect_audit(t, "speak to all", "2 callers")
end)

test("Esc, or nothing at all, is not said to all", function(t)
  local luna = people.caller(t, "luna")
  local moon = desk.sysop(t, "callers")
  desk.answer(moon, "s", "What to say to all:", "   ")
  moon:see_not "Said to"
  moon:key "s"
  moon:expect "What to say to all:"
  moon:type "half a"
  moon:key "escape"
  moon:expect_gone "What to say to all:"
  luna:see_not "moon says"
end)

test("one caller is chosen by handle, by node number, or not at all", function(t)
  people.caller(t, "luna")
  t:dial():type "x" -- at the front door, and a caller by that key
  local moon = desk.sysop(t, "callers")
  desk.look_at(moon, "LUNA")
  moon:see "Node 1 · luna"
  moon:key "q"
  desk.look_at(moon, "2")
  moon:see "Node 2 · GUEST"
  moon:key "q"
  desk.answer(moon, "enter", "Node number or handle:", "sol")
  moon:see "sol is not on line."
  moon:key "enter"
  moon:expect "Node number or handle:"
  moon:key "escape"
  moon:expect_gone "Node number or handle:"
  moon:at "sysop/callers"
end)

test("many callers have pages, which are turned over", function(t)
  for i = 1, 20 do t:dial({ address = "192.0.2." .. i }):type "x" end
  local moon = desk.sysop(t, "callers")
  moon:see "page 1 of 2"
  moon:see_not "moon"
  moon:key "n"
  moon:see "page 2 of 2"
  moon:see "21  moon"
  moon:key "n" -- there is no third one
  moon:see "page 2 of 2"
  moon:key "p"
  moon:see "page 1 of 2"
  moon:key "end"
  moon:see "page 2 of 2"
end)
