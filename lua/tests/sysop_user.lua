-- One account, at the sysop's desk: its fields, its password, locking, deleting, merging.
local desk = require "tests.lib.desk"
local people = require "tests.lib.people"

empty_store() -- whoever has an account on the board is not here

-- luna's account before the sysop.
local function open_luna(t, how)
  t:user("luna", { password = "moonlight 7" })
  local moon = desk.sysop(t, "users", how)
  desk.open_account(moon, "luna")
  return moon
end

local function log_in(t, handle, password)
  local caller = t:dial()
  caller:type(handle .. "\r" .. password .. "\r")
  return caller
end

test("an account is shown whole", function(t)
  t:clock "2030-05-01 20:00"
  local moon = open_luna(t)
  moon:see "On line     no"
  moon:snapshot("user", { hide = { "First call  |07%d+%-%d+%-%d+" } })
end)

test("in 40 columns, and without ANSI, too", function(t)
  t:clock "2030-05-01 20:00"
  t:user "luna"
  local terminals = { ["user-40"] = { size = "40x25" }, ["user-no-ansi"] = { ansi = false } }
  for name, how in pairs(terminals) do
    local moon = desk.sysop(t, "users", how)
    desk.search(moon, "luna")
    desk.answer(moon, "enter", "Number or handle:", "1")
    moon:see "Which key?"
    moon:snapshot(name, { hide = { "First%s.-%d+%-%d+%-%d+" } })
  end
end)

test("each field has a key", function(t)
  local moon = open_luna(t)
  desk.answer(moon, "n", "Nick name:", "Lady Luna")
  moon:see "Nick name   Lady Luna"
  desk.answer(moon, "v", "Level, up to 100:", "50")
  moon:see "Level       50"
  desk.answer(moon, "f", "From (- is nowhere):", "Mare |12Imbrium")
  moon:see "Calls from  Mare |12Imbrium"
  desk.answer(moon, "f", "From (- is nowhere):", "-")
  moon:see "Calls from  nobody is told"
  desk.answer(moon, "t", "Calls:", "77")
  moon:see "Calls       77"
  desk.answer(moon, "m", "Minutes:", "88")
  moon:see "Minutes     88"
  desk.answer(moon, "b", "Bits a second", "2400")
  moon:see "Pace        2400 baud"
  desk.answer(moon, "b", "Bits a second", "0")
  moon:see "Pace        as fast as it goes"
  desk.answer(moon, "b", "Bits a second", "auto")
  moon:see "Pace        the board's"
  moon:key "i"
  moon:see "Hidden      yes"
  desk.answer(moon, "h", "Handle:", "selene")
  moon:see "Handle      selene"
  desk.expect_audit(t, "edit account", "luna")
end)

test("the choices of the terminal go round", function(t)
  local moon = open_luna(t)
  local keys = {
    c = { "UTF-8", "CP437", "ASCII", "as found out", name = "Characters" },
    a = { "yes", "no", "as found out", name = "Colours   " },
    r = { "yes", "no", "as found out", name = "Read aloud" },
  }
  for key, values in pairs(keys) do
    for _, value in ipairs(values) do
      moon:key(key)
      moon:see(values.name .. "  " .. value)
    end
  end
end)

test("who is on line goes on with what the sysop has changed", function(t)
  local luna = people.caller(t, "luna")
  local moon = open_luna(t)
  moon:see "On line     node 1"
  desk.answer(moon, "n", "Nick name:", "Lady Luna")
  desk.answer(moon, "v", "Level, up to 100:", "100")
  moon:see "Level       100"
  luna:key "y"
  luna:see "Nick name     Lady Luna"
  luna:see "Level         100"
  luna:key("q", "x") -- a sysop now
  luna:at "sysop/desk"
end)

test("what no account may have is refused, and why", function(t)
  t:user "sol"
  local moon = open_luna(t)
  local function refused(key, question, line, why)
    desk.answer(moon, key, question, line)
    moon:see(why)
  end
  refused("h", "Handle:", "sol", "The handle sol is taken.")
  refused("h", "Handle:", "s0l", "looks like one that is taken")
  refused("h", "Handle:", "7luna", "begins with a letter")
  refused("n", "Nick name:", "moon", "The nick name moon is taken.")
  refused("v", "Level, up to 100:", "101", "Nobody gives a level above the own one.")
  refused("v", "Level, up to 100:", "0", "A level is a number from 1 to 255")
  refused("v", "Level, up to 100:", "1.5", "1.5 is no whole number.")
  refused("b", "Bits a second", "fast", "fast is no number of bits a second, nor auto.")
  refused("t", "Calls:", "-1", "Calls are a number from 0 to")
  refused("m", "Minutes:", "many", "many is no whole number.")
  desk.answer(moon, "n", "Nick name:", "") -- as it is
  moon:see "Which key?"
  moon:see_not "nick name "
  moon:key "n"
  moon:expect "Nick name: luna"
  moon:type "xx"
  moon:key "escape"
  moon:see "Nick name   luna  "
end)

test("a sysop is told why an account sees a screen, or does not", function(t)
  local moon = open_luna(t)
  desk.answer(moon, "w", "Why what (a screen, or files/AREA):", "sysop/desk")
  moon:expect "luna (level 10) does not see screens/sysop/desk.txt"
  moon:key "q"
  moon:see "Which key?"
  desk.answer(moon, "w", "Why what (a screen, or files/AREA):", "")
  moon:see "Which key?"
  desk.expect_audit(t, "explain", "luna")
end)

test("a locked account is hung up on, and can't log in until it is unlocked", function(t)
  local luna = people.caller(t, "luna")
  local moon = open_luna(t)
  moon:key "l"
  moon:expect "Lock luna, and end a call under way?"
  moon:key "n"
  moon:see "Locked      no"
  moon:key "l"
  moon:expect "Lock luna, and end a call under way?"
  moon:key "y"
  moon:see "luna is locked."
  moon:see "Locked      yes"
  luna:expect_end()
  luna:see "Your account has been locked. Ask the sysop."
  log_in(t, "luna", "moonlight 7"):see "locked"
  moon:key "l"
  moon:see "luna may log in again."
  log_in(t, "luna", "moonlight 7"):at "menu"
  desk.expect_audit(t, "lock account", "luna")
  desk.expect_audit(t, "unlock account", "luna")
end)

test("a new password is shown once, lets in, and has to be changed", function(t)
  local moon = open_luna(t)
  moon:key "p"
  moon:expect "Give luna a new password?"
  moon:key "y"
  moon:expect "Press a key."
  local password = moon:text():match "The password of luna is (%S+)"
  moon:key "space"
  moon:expect "Which key?"
  moon:see_not(password)
  log_in(t, "luna", "moonlight 7"):see "That is not the password"
  log_in(t, "luna", password):at "password"
  desk.expect_audit(t, "new password", "luna")
end)

-- What luna has said is there, with or without the name.
local function luna_writes(t)
  local luna = people.caller(t, "luna", { at = "wall" })
  luna:type "The night is young.\r"
  luna:see "The night is young."
  return luna
end

local function delete_luna(moon, way)
  moon:key "d"
  moon:expect "Delete luna?"
  moon:key(table.unpack(way))
  moon:expect "Type the handle to delete it for good:"
end

test("an account is deleted with all that was said under its name", function(t)
  local luna = luna_writes(t)
  local moon = open_luna(t)
  delete_luna(moon, { "enter" })
  moon:type "luna\r"
  moon:at "sysop/users"
  moon:see "luna is deleted."
  luna:expect_end()
  luna:see "Your account has been removed."
  people.caller(t, "sol", { at = "wall" }):see_not "The night is young."
  log_in(t, "luna", "moonlight 7"):see "Nobody here has that handle"
  desk.expect_audit(t, "delete account", "luna")
end)

test("an account is deleted, and what was said stays and is nobody's", function(t)
  luna_writes(t)
  local moon = open_luna(t)
  delete_luna(moon, { "down", "enter" })
  moon:type "LUNA\r"
  moon:see "luna is deleted."
  local sol = people.caller(t, "sol", { at = "wall" })
  sol:see "somebody"
  sol:see "The night is young."
  sol:see_not "luna"
end)

test("an account is not deleted by a slip", function(t)
  local moon = open_luna(t)
  delete_luna(moon, { "enter" })
  moon:type "lunatic\r"
  moon:see "luna is not deleted."
  moon:key "d"
  moon:expect "Delete luna?"
  moon:key "escape"
  moon:see "Which key?"
  log_in(t, "luna", "moonlight 7"):at "menu"
end)

test("an account is merged into another, with all that is its", function(t)
  t:user "sol"
  local luna = luna_writes(t)
  local moon = open_luna(t)
  local function ask(line) desk.answer(moon, "g", "Whose is all of luna's to be", line) end
  ask "nobody"
  moon:see "Nobody has the handle nobody."
  ask "luna"
  moon:see "That is the same account."
  ask ""
  moon:see "Handle      luna"
  ask "sol"
  moon:expect "Give all of luna's to sol, and delete luna for good?"
  moon:key "n"
  moon:see "Handle      luna"
  ask "sol"
  moon:expect "Give all of luna's to sol, and delete luna for good?"
  moon:key "y"
  moon:see "luna is sol now."
  moon:see "Handle      sol"
  luna:expect_end()
  local sol = people.caller(t, "sol", { at = "wall" })
  sol:see "The night is young."
  sol:see_not "luna"
  desk.expect_audit(t, "merge account", "luna")
end)

test("the own account is neither locked nor deleted, nor one above", function(t)
  t:user("mars", { level = 200 })
  local moon = desk.sysop(t, "users")
  desk.open_account(moon, "moon")
  for _, key in ipairs { "l", "d", "g" } do
    moon:key(key)
    moon:see "That is your own account."
  end
  moon:key "p"
  moon:see "your profile has a key for it"
  desk.answer(moon, "v", "Level, up to 100:", "10")
  moon:see "another sysop has to change it"
  moon:key "q"
  desk.open_account(moon, "mars")
  moon:key "n"
  moon:see "mars has a level above yours."
end)

test("an account that is gone leads back to the list", function(t)
  local moon = open_luna(t)
  local other = people.caller(t, t:user("mars", { level = 100 }), { at = "sysop/users" })
  desk.open_account(other, "luna")
  delete_luna(other, { "enter" })
  other:type "luna\r"
  other:see "luna is deleted."
  moon:key "n"
  moon:at "sysop/users"
  moon:see "That account is gone."
end)
