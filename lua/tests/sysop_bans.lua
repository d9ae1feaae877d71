-- Who may not call, at the sysop's desk.
local desk = require "tests.lib.desk"

empty_store() -- whoever has an account on the board is not here

local function ban(moon, address, minutes, why)
  desk.answer(moon, "a", "Which address:", address)
  moon:expect "For how many minutes:"
  moon:type(minutes .. "\r")
  moon:expect "Why (for the list of bans):"
  moon:type(why .. "\r")
end

test("an address is banned, and the ban is lifted", function(t)
  t:clock "2030-05-01 20:00"
  local guest = t:dial { address = "192.0.2.9" }
  local moon = desk.sysop(t, "bans")
  moon:see "Nobody."
  ban(moon, "192.0.2.9", "90", "noise")
  moon:see "192.0.2.9 is banned."
  moon:see "1  192.0.2.9                     2030-05-01 21:30  moon          noise"
  moon:snapshot "bans"
  guest:expect_end()
  t:dial({ address = "192.0.2.9" }):expect_end()
  desk.answer(moon, "enter", "Which number:", "1")
  moon:see "192.0.2.9 may call again."
  moon:see "Nobody."
  t:dial({ address = "192.0.2.9" }):see "Handle:"
  desk.expect_audit(t, "ban", "192.0.2.9")
  desk.expect_audit(t, "lift ban", "192.0.2.9")
end)

test("in 40 columns, too", function(t)
  t:clock "2030-05-01 20:00"
  local moon = desk.sysop(t, "bans", { size = "40x24" })
  ban(moon, "2001:db8::7", "90", "noise")
  moon:see "2001:db8::7 is banned."
  moon:snapshot "bans-40"
end)

test("a ban holds after the server has been started again, and ends by itself", function(t)
  ban(desk.sysop(t, "bans"), "192.0.2.9", "10", "")
  t:restart()
  t:dial({ address = "192.0.2.9" }):expect_end()
  t:pass(601)
  t:dial({ address = "192.0.2.9" }):see "Handle:"
  desk.sysop(t, "bans"):see "Nobody."
end)

test("what can't be banned is said, and Esc bans nobody", function(t)
  local moon = desk.sysop(t, "bans")
  ban(moon, "the moon", "90", "")
  moon:see "the moon: "
  ban(moon, "192.0.2.9", "0", "")
  moon:see "Minutes are a whole number from 1 to 5256000."
  ban(moon, "127.0.0.1", "90", "")
  moon:see "127.0.0.1: you call from there yourself."
  moon:key "a"
  moon:expect "Which address:"
  moon:key "escape"
  moon:expect_gone "Which address:"
  desk.answer(moon, "a", "Which address:", "192.0.2.9")
  moon:expect "For how many minutes:"
  moon:key "escape"
  moon:expect_gone "For how many minutes:"
  desk.answer(moon, "a", "Which address:", "")
  moon:see "Nobody."
  desk.answer(moon, "enter", "Which number:", "7")
  moon:see "There is no such number."
  desk.answer(moon, "enter", "Which number:", "")
  moon:at "sysop/bans"
end)

test("the list of bans has pages", function(t)
  local moon = desk.sysop(t, "bans")
  for i = 1, 16 do ban(moon, "192.0.2." .. i, tostring(i), "") end
  moon:see "page 1 of 2"
  moon:key "n"
  moon:see "16  192.0.2.16"
  desk.answer(moon, "enter", "Which number:", "16")
  moon:see "192.0.2.16 may call again."
end)
