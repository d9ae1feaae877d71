-- Another password, from the profile.
local people = require "tests.lib.people"

empty_store() -- whoever has an account on the board is not here

local function change(t)
  t:user("luna", { password = "moonlight 7" })
  local luna = people.caller(t, "luna")
  luna:key("y", "p")
  luna:at "password"
  return luna
end

test("a new password is the one that counts from then on", function(t)
  local luna = change(t)
  luna:type "moonlight 7\r"
  luna:type "eclipse 99\r"
  luna:type "eclipse 99\r"
  luna:at "profile"
  luna:see "Your password is changed."
  luna:see_not "eclipse"
  luna:hang_up()
  local caller = people.log_in(t, "luna", "moonlight 7")
  caller:see "(Enter alone: another handle)"
  caller:type "eclipse 99\r"
  caller:at "menu"
end)

test("nobody changes a password without the old one", function(t)
  local luna = change(t)
  luna:type "starlight\r"
  luna:type "eclipse 99\r"
  luna:type "eclipse 99\r"
  luna:at "password"
  luna:see "That is not the password"
  luna:hang_up()
  people.log_in(t, "luna", "moonlight 7"):at "menu"
end)

test("Enter alone leads back to the profile", function(t)
  local luna = change(t)
  luna:type "\r"
  luna:at "profile"
  luna:see_not "changed"
end)

test("Enter alone at the repeated password starts over", function(t)
  local luna = change(t)
  luna:type "moonlight 7\r"
  luna:type "eclipse 99\r"
  luna:type "\r"
  luna:at "password"
  luna:type "moonlight 7\reclipse 99\reclipse 99\r"
  luna:at "profile"
end)

test("whose password a sysop gave chooses another at once", function(t)
  t:user("luna", { password = "moonlight 7" })
  local moon = people.sysop(t, { at = "sysop/users" })
  moon:key "enter"
  moon:type "luna\r"
  moon:at "sysop/user"
  moon:key("p", "y")
  moon:expect "The password of luna is"
  local given = moon:text():match "The password of luna is (%S+)"

  local luna = people.log_in(t, "luna", given)
  luna:at "password"
  luna:see "This password was given to you. Choose your own before you go on."
  luna:snapshot "password-given"
  luna:type(given .. "\r")
  luna:type "eclipse 99\r"
  luna:type "eclipse 99\r"
  luna:at "menu"
  luna:see "Your password is changed. Welcome!"
end)

test("the form of a new password, wide and narrow", function(t)
  change(t):snapshot "password"
  t:dial { as = "luna", at = "password", size = "40x24" }:snapshot "password-40"
end)
