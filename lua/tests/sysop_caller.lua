-- What a sysop does with one caller who is on line.
local desk = require "tests.lib.desk"
local people = require "tests.lib.people"

empty_store() -- whoever has an account on the board is not here

-- luna, who calls from elsewhere, and the sysop, who looks at that call.
local function meet(t, how)
  local luna = people.caller(t, "luna", { address = "192.0.2.7" })
  local moon = desk.sysop(t, "callers", how)
  desk.look_at(moon, "luna")
  return luna, moon
end

test("a caller is shown with all that there is to know, anew each second", function(t)
  t:clock "2030-05-01 20:00"
  local luna, moon = meet(t)
  moon:see "Node 1 · luna"
  moon:see "Where      menu, The main menu"
  moon:see "Address    192.0.2.7"
  moon:see "Terminal   ansi, 80 by 25, cp437, ANSI"
  moon:snapshot("caller", { hide = { "Idle +|07%d+ s" } })
  luna:key "o"
  t:pass(1)
  moon:see "Where      wall, "
  t:pass(200)
  moon:see "Idle       3 min"
end)

test("in 40 columns, too", function(t)
  t:clock "2030-05-01 20:00"
  local _, moon = meet(t, { size = "40x24" })
  moon:see "Node 1 luna"
  moon:snapshot("caller-40", { hide = { "Idle +|07%d+ s" } })
end)

test("a sysop looks over a caller's shoulder", function(t)
  local luna, moon = meet(t)
  moon:key "l"
  moon:see "luna, node 1, 80 by 25"
  moon:see "Good to see you, luna"
  luna:key "o"
  moon:expect "The one-line wall"
  luna:type "half a li"
  moon:expect "half a li"
  moon:key "escape"
  moon:at "sysop/caller"
  desk.expect_audit(t, "look over", "luna")
end)

test("a shoulder is looked over without ANSI, too", function(t)
  local _, moon = meet(t, { ansi = false })
  moon:key "l"
  t:pass(1)
  moon:expect "Enter shows it again, Q ends:"
  moon:see "luna, which key?"
  moon:key "q"
  moon:see "Node 1"
end)

test("who looks over a shoulder is told when the call is over", function(t)
  local luna, moon = meet(t)
  moon:key "l"
  moon:expect "Good to see you, luna"
  luna:hang_up()
  moon:at "sysop/callers"
  moon:see "That caller has left."
end)

test("a sysop speaks to a caller", function(t)
  local luna, moon = meet(t)
  desk.answer(moon, "s", "What to say:", "Good |12evening.")
  moon:see "Said."
  luna:see "moon (sysop): Good |12evening."
  desk.expect_audit(t, "speak", "luna")
end)

test("a sysop breaks in for a talk, and Esc ends it", function(t)
  local luna, moon = meet(t)
  moon:key "t"
  luna:expect "moon"
  moon:type "Do you need help?"
  luna:expect "Do you need help?"
  luna:type "Yes, please."
  moon:expect "Yes, please."
  moon:key "escape"
  moon:at "sysop/caller"
  luna:at "menu"
  luna:expect "luna, which key?"
  desk.expect_audit(t, "break in", "luna")
end)

test("a sysop moves a caller to another screen", function(t)
  local luna, moon = meet(t)
  desk.answer(moon, "m", "To which screen:", "wall")
  moon:see "luna goes there at the next prompt."
  luna:at "wall"
  luna:see "The one-line wall"
  desk.answer(moon, "m", "To which screen:", "nowhere")
  moon:see "There is no screen 'nowhere'"
  luna:at "wall"
  desk.expect_audit(t, "move", "luna")
end)

test("a sysop is told why a caller sees a screen, or does not", function(t)
  local luna, moon = meet(t)
  desk.answer(moon, "w", "Why what (a screen, or files/AREA):", "sysop/desk")
  moon:expect "luna (level 10) does not see screens/sysop/desk.txt"
  moon:see "page:level(100): level 10 is not enough"
  moon:key "q"
  moon:see "Which key?"
  moon:key "w" -- the screen that luna is at stands there
  moon:expect "Why what (a screen, or files/AREA): menu"
  moon:key "escape"
  moon:see "Which key?"
  desk.answer(moon, "w", "Why what (a screen, or files/AREA):", "nowhere")
  moon:expect "nowhere"
  luna:at "menu"
  desk.expect_audit(t, "explain", "luna")
end)

test("a call is ended, and the caller reads why", function(t)
  local luna, moon = meet(t)
  desk.answer(moon, "e", "Why (the caller is told):", "The line is needed.")
  moon:expect "End the call of luna?"
  moon:key "y"
  moon:at "sysop/callers"
  moon:see "The call of luna is ended."
  luna:expect_end()
  luna:see "The line is needed."
  desk.expect_audit(t, "end call", "luna")
end)

test("a call goes on where the sysop thinks better of ending it", function(t)
  local luna, moon = meet(t)
  desk.answer(moon, "e", "Why (the caller is told):", "")
  moon:expect "End the call of luna?"
  moon:key "n"
  moon:see "Which key?"
  luna:key "o"
  luna:at "wall"
end)

test("a banned address is hung up on, and can't call", function(t)
  local luna, moon = meet(t)
  desk.answer(moon, "a", "For how many minutes:", "60")
  moon:expect "Why (for the list of bans):"
  moon:type "noise\r"
  moon:at "sysop/callers"
  moon:see "192.0.2.7 is banned."
  luna:expect_end()
  luna:see "Your address is banned."
  t:dial({ address = "192.0.2.7" }):expect_end()
  t:dial({ address = "192.0.2.8" }):see "Handle:"
  t:pass(60 * 60)
  t:dial({ address = "192.0.2.7" }):see "Handle:"
  desk.expect_audit(t, "ban", "192.0.2.7")
end)

test("a banned account can't log in until the ban ends", function(t)
  t:clock "2030-05-01 20:00"
  t:user("luna", { password = "moonlight 7" })
  local luna, moon = meet(t)
  desk.answer(moon, "b", "For how many minutes:", "10")
  moon:expect "Why (for the list of bans):"
  moon:type "\r"
  moon:see "luna is banned."
  luna:expect_end()
  luna:see "Your account is banned."
  local again = t:dial()
  again:type "luna\rmoonlight 7\r"
  again:see "This account is banned until 2030-05-01 20:10"
  t:pass(600)
  t:dial():type("luna\rmoonlight 7\r"):at "menu"
  desk.expect_audit(t, "ban", "luna")
end)

test("minutes that are none ban nobody, and nobody bans whom he calls from", function(t)
  local luna, moon = meet(t)
  desk.answer(moon, "b", "For how many minutes:", "ten")
  moon:see "Minutes are a whole number"
  moon:key "a"
  moon:expect "For how many minutes:"
  moon:key "escape"
  moon:see "Which key?"
  luna:key "o"
  luna:at "wall"
  people.caller(t, "sol") -- from where moon calls, too
  moon:key "q"
  desk.look_at(moon, "sol")
  desk.answer(moon, "a", "For how many minutes:", "5")
  moon:expect "Why (for the list of bans):"
  moon:type "\r"
  moon:see "127.0.0.1: you call from there yourself"
end)

test("a guest has no account to be banned", function(t)
  t:dial():type "x"
  local moon = desk.sysop(t, "callers")
  desk.look_at(moon, "1")
  moon:see "GUEST"
  moon:key "b"
  moon:see "Nobody has logged in there."
end)

test("nothing is done to the own call, nor to a sysop of a higher level", function(t)
  local mars = people.caller(t, t:user("mars", { level = 200 }))
  local moon = desk.sysop(t, "callers")
  desk.look_at(moon, "mars")
  for _, key in ipairs { "l", "m", "e", "a", "b", "w" } do
    moon:key(key)
    moon:see "mars has a level above yours."
  end
  moon:key "q"
  desk.look_at(moon, "moon")
  moon:key "b"
  moon:see "That is you."
  moon:key "z" -- no key of this screen
  moon:at "sysop/caller"
  mars:at "menu"
end)

test("a caller who leaves leads back to the list", function(t)
  local luna, moon = meet(t)
  luna:hang_up()
  t:pass(1)
  moon:at "sysop/callers"
  moon:see "That caller has left."
end)
