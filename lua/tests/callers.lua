-- Everybody who has an account, and the last who called.
local people = require "tests.lib.people"

empty_store() -- whoever has an account on the board is not here

-- A call through the front door, and its end.
local function call(t, handle)
  t:user(handle, { password = "moonlight 7" })
  local caller = people.log_in(t, handle, "moonlight 7")
  caller:at "menu"
  caller:hang_up()
end

test("the last callers, the latest first", function(t)
  call(t, "stella")
  t:pass(3600)
  call(t, "luna")
  t:pass(120)
  local mars = people.caller(t, "mars", { at = "last" })
  mars:see(7, "luna")
  mars:see(7, "1   2 min ago")
  mars:see(8, "stella")
  mars:see(8, "1 hour ago")
  mars:key "c"
  mars:at "callers"
end)

test("all callers are listed, who has never called as well", function(t)
  call(t, "luna")
  t:pass(180)
  local mars = people.caller(t, t:user("mars", { nick = "The red one" }), { at = "callers" })
  mars:see "luna"
  mars:see "1   3 min ago"
  mars:see "The red one"
  mars:see "never"
end)

test("a search is for a part of a handle or a nick name", function(t)
  t:user("luna")
  t:user("stella", { nick = "A luminary" })
  local mars = people.caller(t, "mars", { at = "callers" })
  mars:key "s"
  mars:type "lu\r"
  mars:see "luna"
  mars:see "A luminary"
  mars:see_not "mars"
  mars:key "s"
  mars:key "ctrl-u"
  mars:type "zz\r"
  mars:see "Nobody has that in a handle or a nick name."
end)

test("more accounts than rows are shown in pages", function(t)
  for i = 1, 20 do t:user(("luna%02d"):format(i)) end
  local luna = people.caller(t, "luna01", { at = "callers", size = "80x24" })
  luna:see "luna01"
  luna:see_not "luna20"
  luna:key "n"
  luna:see "luna20"
  luna:key "p"
  luna:see "luna01"
  luna:key "q"
  luna:at "menu"
end)

test("of who is hidden the list does not tell when they called", function(t)
  local moon = people.sysop(t)
  moon:type "/invisible\r"
  moon:see "Only sysops see you now"
  moon:hang_up()
  t:user("moon", { password = "moonlight 7" })
  people.log_in(t, "moon", "moonlight 7"):at "menu"
  local luna = people.caller(t, "luna", { at = "last" })
  luna:see_not "moon"
end)

test("the lists, wide and narrow", function(t)
  t:clock "2031-03-01 20:15"
  call(t, "stella")
  t:user("luna", { nick = "Luna G." })
  for _, name in ipairs { "callers", "last" } do
    t:dial { as = "luna", at = name }:snapshot(name)
    t:dial { as = "luna", at = name, size = "40x24" }:snapshot(name .. "-40")
  end
end)
