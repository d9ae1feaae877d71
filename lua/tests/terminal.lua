-- What a caller chooses about the terminal.
local people = require "tests.lib.people"

empty_store() -- whoever has an account on the board is not here

test("a choice is kept with the account", function(t)
  t:user("luna", { password = "moonlight 7" })
  local luna = people.caller(t, "luna", { at = "terminal" })
  luna:see "80 columns, 25 rows"
  luna:see "CP437, as found out"
  luna:key "c"
  luna:see "UTF-8, as you have chosen"
  luna:key "p"
  luna:see "Pace          as fast as it goes, as you have chosen"
  luna:hang_up()
  luna = people.log_in(t, "luna", "moonlight 7", { charset = "utf-8" })
  luna:key("y", "t")
  luna:see "UTF-8, as you have chosen"
end)

test("the characters go round, and back to what is found out", function(t)
  local luna = people.caller(t, "luna", { at = "terminal" })
  for _, name in ipairs { "UTF-8", "CP437", "ASCII" } do
    luna:key "c"
    luna:see(name .. ", as you have chosen")
  end
  luna:key "c"
  luna:see "CP437, as found out"
end)

test("who wants no colours has none", function(t)
  local luna = people.caller(t, "luna", { at = "terminal" })
  luna:see "Colours       yes, as found out"
  luna:key("a", "a")
  luna:see "no, as you have chosen"
  luna:key "a"
  luna:see "yes, as found out"
end)

test("L is for screen readers: lines and numbers instead of a picture", function(t)
  local luna = people.caller(t, "luna", { at = "terminal" })
  luna:key "l"
  luna:see "yes, as you have chosen"
  luna:key "q"
  luna:at "profile"
  luna:snapshot("profile-linear", { hide = { "%d%d%d%d%-%d%d%-%d%d" } })
end)

test("Q, Esc and Enter lead to the profile", function(t)
  for _, key in ipairs { "q", "escape", "enter" } do
    local luna = people.caller(t, "luna", { at = "terminal" })
    luna:key "x"
    luna:at "terminal"
    luna:key(key)
    luna:at "profile"
  end
end)

test("the terminal, wide and narrow", function(t)
  people.caller(t, "luna", { at = "terminal" }):snapshot "terminal"
  people.caller(t, "luna", { at = "terminal", size = "40x24" }):snapshot "terminal-40"
end)
