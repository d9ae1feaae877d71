-- The list of accounts, at the sysop's desk.
local desk = require "tests.lib.desk"

empty_store() -- whoever has an account on the board is not here

-- Whoever else has an account on the board: three who are searched for here.
local function three_mosses(t)
  t:user("Moss A", { level = 20 })
  t:user("Moss B", { level = 50, nick = "Bryum" })
  t:user("Moss C", { level = 10 })
end

test("accounts are listed, and searched by handle or nick name", function(t)
  t:clock "2030-05-01 20:00"
  three_mosses(t)
  local moon = desk.sysop(t, "users")
  moon:see "by handle, page 1 of"
  desk.search(moon, "moss")
  moon:see '3 by handle, page 1 of 1, those with "moss"'
  moon:see "2  Moss B                Bryum                50      0  never"
  moon:snapshot "users"
  desk.search(moon, "bryum")
  moon:see '1 by handle, page 1 of 1, those with "bryum"'
  desk.search(moon, "100%")
  moon:see "Nobody is like that."
  desk.search(moon, "")
  moon:see_not "those with"
end)

test("in 40 columns, too", function(t)
  three_mosses(t)
  local moon = desk.sysop(t, "users", { size = "40x24" })
  desk.search(moon, "moss")
  moon:see "3 by handle"
  moon:snapshot "users-40"
end)

test("the order is by handle, last call, calls, level or first call", function(t)
  three_mosses(t)
  local moon = desk.sysop(t, "users")
  desk.search(moon, "moss")
  for _, order in ipairs { "last call", "calls", "level" } do
    moon:key "o"
    moon:see("3 by " .. order)
  end
  moon:see "1  Moss B"
  moon:key "o"
  moon:see "3 by first call"
  moon:see "1  Moss C"
  moon:key "o"
  moon:see "3 by handle"
  moon:see "1  Moss A"
end)

test("an account is opened by its number in the list, by handle or by nick name", function(t)
  three_mosses(t)
  local moon = desk.sysop(t, "users")
  desk.search(moon, "moss")
  moon:key "2" -- begins the answer
  moon:expect "Number or handle: 2"
  moon:key "enter"
  moon:see "Handle      Moss B"
  moon:key "q"
  moon:see '3 by handle, page 1 of 1, those with "moss"' -- as it was left
  desk.open_account(moon, "moon") -- who is not in the list now
  moon:key "q"
  desk.answer(moon, "e", "Number or handle:", "bryum")
  moon:see "Handle      Moss B"
  moon:key "q"
  desk.answer(moon, "enter", "Number or handle:", "no such moss")
  moon:see "There is nobody called no such moss."
  desk.answer(moon, "enter", "Number or handle:", "")
  moon:at "sysop/users"
end)

test("the locked ones are shown alone", function(t)
  three_mosses(t)
  local moon = desk.sysop(t, "users")
  desk.open_account(moon, "Moss B")
  moon:key "l"
  moon:expect "Lock Moss B, and end a call under way?"
  moon:key "y"
  moon:see "Moss B is locked."
  moon:key "q"
  desk.search(moon, "moss")
  moon:key "l"
  moon:see "1 by handle, page 1 of 1, those with \"moss\", the locked ones"
  moon:see "never       locked"
  moon:see_not "Moss A"
  moon:key "l"
  moon:see "Moss A"
end)

test("a long list has pages", function(t)
  for letter in ("ABCDEFGHJKMNPRT"):gmatch "." do t:user("Moss " .. letter) end
  local moon = desk.sysop(t, "users")
  desk.search(moon, "moss")
  moon:see "15 by handle, page 1 of 2"
  moon:key "page_down"
  moon:see "page 2 of 2"
  moon:see "Moss T"
  moon:key "home"
  moon:see "Moss A"
end)
