-- A caller's own record, the nick name, and where they call from.
local people = require "tests.lib.people"

empty_store() -- whoever has an account on the board is not here

test("a new nick name is what others see at once", function(t)
  local stella = people.caller(t, "stella", { at = "who" })
  local luna = people.caller(t, "luna", { at = "profile" })
  luna:key "n"
  luna:at "nick"
  luna:type "Crescent\r"
  luna:at "profile"
  luna:see "From now on you are Crescent."
  t:pass(5)
  stella:see "Crescent"
  luna:key "q"
  luna:see "Good to see you, Crescent"
  luna:key "y"
  luna:see_not "From now on"
end)

test("the nick name of somebody else is refused, Enter alone keeps the old one", function(t)
  t:user("stella", { nick = "Crescent" })
  local luna = people.caller(t, "luna", { at = "nick" })
  luna:type "crescent\r"
  luna:see "taken"
  luna:key "ctrl-u"
  luna:type "\r"
  luna:at "profile"
  luna:see "Nick name     luna"
end)

test("where a caller is from is told or not, as they like", function(t)
  local luna = people.caller(t, "luna", { at = "profile" })
  luna:see "Calls from    nobody is told"
  luna:key "f"
  luna:at "location"
  luna:type "Graz, Austria\r"
  luna:see "You call from Graz, Austria."
  luna:see "Calls from    Graz, Austria"
  luna:key "f"
  luna:see "Enter alone keeps Graz, Austria."
  luna:type "\r"
  luna:see "Calls from    Graz, Austria"
  luna:key "f"
  luna:type "-\r"
  luna:see "Nobody is told where you call from."
  luna:see "Calls from    nobody is told"
end)

test("keys lead from the profile to what can be changed", function(t)
  local luna = people.caller(t, "luna", { at = "profile" })
  for key, keyword in pairs { n = "nick", f = "location", p = "password", t = "terminal" } do
    luna:key(key)
    luna:at(keyword)
    luna:key "escape"
    luna:at "profile"
  end
end)

test("the profile and its forms, wide and narrow", function(t)
  for _, name in ipairs { "profile", "nick", "location" } do
    local how = { hide = { "%d%d%d%d%-%d%d%-%d%d" } }
    people.caller(t, "luna", { at = name }):snapshot(name, how)
    people.caller(t, "luna", { at = name, size = "40x24" }):snapshot(name .. "-40", how)
  end
end)
