-- Who is on line, and where.
local people = require "tests.lib.people"

empty_store() -- whoever has an account on the board is not here

test("the list says where everybody is, and follows who comes and goes", function(t)
  local luna = people.caller(t, "luna", { at = "who" })
  luna:see_not "stella"
  local stella = people.caller(t, t:user("stella", { nick = "Stella N." }))
  luna:see "Stella N."
  luna:see "The main menu"
  stella:key "o"
  t:pass(5)
  luna:see "The wall"
  stella:key("escape", "r", "enter")
  stella:at "chat/room"
  t:pass(5)
  luna:see "in Lobby"
  stella:hang_up()
  luna:expect_gone "Stella N."
end)

test("the list has from where somebody calls, and for how long nothing was typed", function(t)
  local stella = people.caller(t, "stella", { at = "location" })
  stella:type "Graz\r"
  stella:at "profile"
  t:pass(600)
  local luna = people.caller(t, "luna", { at = "who" })
  luna:see "Graz"
  luna:see "10 min"
end)

test("who is hidden is there for sysops only", function(t)
  local luna = people.caller(t, "luna", { at = "who" })
  local moon = people.sysop(t)
  luna:see "moon"
  moon:type "/invisible\r"
  moon:see "Only sysops see you now"
  luna:expect_gone "moon"
  local mars = people.caller(t, t:user("mars", { level = 100 }), { at = "who" })
  mars:see "hidden: The main menu"
end)

test("W leads to a page, Q to the menu", function(t)
  local luna = people.caller(t, "luna", { at = "who" })
  luna:key "w"
  luna:at "page"
  luna:key("escape", "w", "q")
  luna:at "menu"
end)

test("more callers than rows are shown in pages", function(t)
  for i = 1, 14 do people.caller(t, ("guest%02d"):format(i)) end
  local luna = people.caller(t, "luna", { at = "who", size = "80x20" })
  luna:see "guest01"
  luna:see "page 1 of 2"
  luna:key "n"
  luna:see "luna"
  luna:see_not "guest01"
  luna:key "p"
  luna:see "guest01"
end)

test("who is on line, on terminals of all kinds", function(t)
  t:clock "2031-03-01 20:15"
  local stella = people.caller(t, "stella")
  stella:key "o"
  people.caller(t, "luna", { at = "who" }):snapshot "who"
  people.caller(t, "luna", { at = "who", size = "40x24" }):snapshot "who-40"
  people.caller(t, "luna", { at = "who", ansi = false, charset = "ascii" })
    :snapshot "who-no-ansi"
end)
