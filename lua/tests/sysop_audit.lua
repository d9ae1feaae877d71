-- What sysops did, at the sysop's desk: who reads it there is another sysop.
local desk = require "tests.lib.desk"
local people = require "tests.lib.people"

empty_store() -- whoever has an account on the board is not here

-- The sysop moon reads all files anew, and bans an address.
local function do_things(t)
  local moon = desk.sysop(t, "desk")
  moon:key "r"
  moon:expect "looked at anew"
  moon:key("b", "a")
  moon:expect "Which address:"
  moon:type "192.0.2.9\r90\rit was |12loud there, all night long\r"
  moon:see "192.0.2.9 is banned."
end

local function reader(t, how)
  local call = { at = "sysop/audit" }
  for name, value in pairs(how or {}) do call[name] = value end
  return people.caller(t, t:user("mars", { level = 100 }), call)
end

test("what sysops did is listed, the newest first", function(t)
  t:clock "2030-05-01 20:00"
  do_things(t)
  local mars = reader(t)
  mars:see(7, "2030-05-01 20:00  moon          ban             192.0.2.9       90 min it wa")
  mars:see(8, "2030-05-01 20:00  moon          reload          all files")
  mars:snapshot "audit"
  reader(t, { size = "40x24" }):snapshot "audit-40"
end)

test("what sysops did is searched, and read in full", function(t)
  do_things(t)
  local mars = reader(t)
  desk.search(mars, "loud")
  mars:see 'page 1 of 1, those with "loud"'
  mars:see_not "reload"
  mars:key "v"
  mars:see "moon (127.0.0.1): ban 192.0.2.9 90 min it was |12loud there,"
  mars:see "all night long"
  mars:key "q"
  mars:at "sysop/audit"
  desk.search(mars, "no such thing")
  mars:see "Nothing that is written down."
  desk.search(mars, "")
  mars:see "reload"
end)

test("what sysops did has pages", function(t)
  local moon = desk.sysop(t, "callers")
  for i = 1, 20 do desk.answer(moon, "s", "What to say to all:", "number " .. i) end
  local mars = reader(t)
  mars:see(7, "number 20")
  mars:see "page 1 of 2"
  mars:key "n"
  mars:see "page 2 of 2"
  mars:see "number 1"
  mars:key "p"
  mars:see(7, "number 20")
end)
