-- The settings in force, at the sysop's desk.
local desk = require "tests.lib.desk"

empty_store() -- whoever has an account on the board is not here

test("settings are shown with where each comes from", function(t)
  local moon = desk.sysop(t, "settings")
  moon:see "levels.sysop                100                         the default"
  moon:see "127.0.0.1:0                 the command line"
  moon:see "page 1 of"
end)

test("a setting is searched for by its name and by what it is for", function(t)
  local moon = desk.sysop(t, "settings")
  desk.search(moon, "BAN_SECONDS")
  moon:see "limits.ban_seconds"
  moon:see_not "limits.call_minutes"
  desk.search(moon, "first ban")
  moon:see 'page 1 of 1, those with "first ban"'
  moon:see "limits.ban_seconds"
  moon:snapshot "settings"
  moon:key "v"
  moon:see "limits.ban_seconds: length of the first ban, from the default"
  moon:key "q"
  moon:at "sysop/settings"
  desk.search(moon, "no such setting")
  moon:see "No setting has that in its name or what it is for."
end)

test("in 40 columns, too", function(t)
  local moon = desk.sysop(t, "settings", { size = "40x24" })
  desk.search(moon, "first ban")
  moon:snapshot "settings-40"
end)

test("the settings have pages", function(t)
  local moon = desk.sysop(t, "settings")
  moon:key "n"
  moon:see "page 2 of"
  moon:key "p"
  moon:see "page 1 of"
  moon:key "v" -- the first page of them, in full
  moon:see "a change takes effect at the next start"
end)
