-- The sysop's desk, and who gets to it.
local desk = require "tests.lib.desk"
local people = require "tests.lib.people"

empty_store() -- whoever has an account on the board is not here

-- What each key of the desk leads to, and what is read there.
local WAYS <const> = {
  { "m", "sysop/monitor", "The machine and the board" },
  { "c", "sysop/callers", "Callers on line" },
  { "u", "sysop/users", "The accounts" },
  { "b", "sysop/bans", "Who may not call" },
  { "l", "sysop/log", "The log" },
  { "a", "sysop/audit", "What sysops did" },
  { "t", "sysop/schedule", "What the board does by itself" },
  { "s", "sysop/settings", "The settings" },
  { "x", "sysop/shell", "A shell on this machine" },
  { "w", "sysop/board", "Screens and Lua" },
}

local function walk(t, size)
  local moon = people.sysop(t, { size = size })
  moon:key "x"
  moon:at "sysop/desk"
  for _, way in ipairs(WAYS) do
    local key, keyword, title = table.unpack(way)
    moon:key(key)
    moon:at(keyword)
    moon:see(title)
    moon:key "escape"
    moon:at "sysop/desk"
    moon:see "The sysop's desk"
  end
  moon:key "q"
  moon:at "menu"
end

test("each key of the desk leads somewhere, and Esc back", function(t)
  walk(t, "80x25")
end)

test("so it does on a narrow screen", function(t)
  walk(t, "40x24")
end)

test("the desk looks as it should", function(t)
  desk.sysop(t, "desk"):snapshot "desk"
  desk.sysop(t, "desk", { size = "40x24" }):snapshot "desk-40"
  desk.sysop(t, "desk", { charset = "utf-8", size = "132x50" }):snapshot "desk-utf-8"
  desk.sysop(t, "desk", { ansi = false }):snapshot "desk-no-ansi"
end)

test("the arrows and Enter choose at the desk, too", function(t)
  local moon = desk.sysop(t, "desk")
  moon:key("down", "enter")
  moon:at "sysop/log"
end)

test("R at the desk reads all files anew", function(t)
  local moon = desk.sysop(t, "desk")
  moon:key "r"
  moon:expect "looked at anew"
  moon:key "z" -- leads nowhere
  moon:at "sysop/desk"
  desk.expect_audit(t, "reload", "all files")
end)

test("who is no sysop has no key to the desk", function(t)
  local luna = people.caller(t, "luna")
  luna:see_not "the sysop's desk"
  luna:key "x"
  luna:at "menu"
end)

test("nobody gets to the desk who is no sysop, not even by a sysop's hand", function(t)
  local luna = people.caller(t, "luna")
  local moon = desk.sysop(t, "callers")
  desk.look_at(moon, "luna")
  for _, way in ipairs(WAYS) do
    desk.answer(moon, "m", "To which screen:", way[2])
    moon:see(("'%s' is for level 100 and above"):format(way[2]))
  end
  luna:at "menu"
end)
