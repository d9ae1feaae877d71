-- A line to one caller, who may be anywhere.
local people = require "tests.lib.people"

empty_store() -- whoever has an account on the board is not here

test("a page reaches its caller wherever that is, and can be answered", function(t)
  local luna, stella = people.caller(t, "luna"), people.caller(t, "stella", { at = "wall" })
  luna:key "p"
  luna:see "stella"
  luna:type "stella\r"
  luna:type "how is the weather?\r"
  luna:at "menu"
  stella:see "<luna> how is the weather?"
  stella:at "wall"
  stella:type "/reply clear and cold\r"
  luna:see "<stella> clear and cold"
end)

test("who is not on line finds the page in the menu at the next call", function(t)
  t:user "stella"
  local luna = people.caller(t, "luna", { at = "page" })
  luna:type "stella\r"
  luna:type "see you at full moon\r"
  luna:at "menu"
  t:pass(7200)
  local stella = people.caller(t, "stella")
  stella:see "luna, 2 hours ago: see you at full moon"
  stella:hang_up()
  people.caller(t, "stella"):see_not "full moon"
end)

test("many pages that wait are shown by themselves", function(t)
  t:user "stella"
  local luna = people.caller(t, "luna")
  for i = 1, 5 do luna:type(("/msg stella line %d\r"):format(i)) end
  local stella = people.caller(t, "stella")
  stella:see "line 1"
  stella:see "line 5"
  stella:key "q"
  stella:see "Main menu"
end)

test("nobody pages a stranger, or themselves", function(t)
  local luna = people.caller(t, "luna", { at = "page" })
  luna:type "nobody\r"
  luna:see "There is nobody called nobody."
  luna:key "ctrl-u"
  luna:type "luna\r"
  luna:see "That is you."
  luna:at "page"
end)

test("Enter alone, at the name or at the text, leads to the menu", function(t)
  local luna = people.caller(t, "luna", { at = "page" })
  luna:type "\r"
  luna:at "menu"
  t:user "stella"
  luna:key "p"
  luna:type "stella\r\r"
  luna:at "menu"
  people.caller(t, "stella"):see_not "luna,"
end)

test("the form of a page, wide and narrow", function(t)
  people.caller(t, "stella")
  people.caller(t, "luna", { at = "page" }):snapshot "page"
  people.caller(t, "luna", { at = "page", size = "40x24" }):snapshot "page-40"
end)
