-- The one-line wall.
local people = require "tests.lib.people"

empty_store() -- whoever has an account on the board is not here

test("what is written on the wall is there for the next caller", function(t)
  local luna = people.caller(t, t:user("luna", { nick = "Luna G." }), { at = "wall" })
  luna:type "the moon was red tonight\r"
  luna:see "Luna G.  the moon was red tonight"
  luna:hang_up()
  people.caller(t, "stella", { at = "wall" }):see "Luna G.  the moon was red tonight"
end)

test("the wall has room for ten lines: the oldest gives way", function(t)
  local luna = people.caller(t, "luna", { at = "wall" })
  for i = 1, 11 do luna:type(("line %02d\r"):format(i)) end
  luna:see "line 11"
  luna:see "line 02"
  luna:see_not "line 01"
end)

test("a line is text: neither colour codes nor markup do anything", function(t)
  local luna = people.caller(t, "luna", { at = "wall" })
  luna:type "|12red <% get:menu.node %>\r"
  luna:see "luna  |12red <% get:menu.node %>"
end)

test("an empty line, or Esc, leads back to the menu", function(t)
  local luna = people.caller(t, "luna", { at = "wall" })
  luna:type "   \r"
  luna:at "menu"
  luna:key("o", "escape")
  luna:at "menu"
end)

test("the wall on terminals of all kinds", function(t)
  local luna = people.caller(t, "luna", { at = "wall" })
  luna:type "first light\r"
  luna:type "a long line, of which the last words have no place in forty\r"
  luna:snapshot "wall"
  t:dial { as = "luna", at = "wall", size = "40x24" }:snapshot "wall-40"
  t:dial { as = "luna", at = "wall", charset = "utf-8" }:snapshot "wall-utf-8"
  t:dial { as = "luna", at = "wall", ansi = false, charset = "ascii" }:snapshot "wall-no-ansi"
end)
