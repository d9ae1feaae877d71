-- The board's own files, edited on line: what other callers see then, what is looked at before
-- it is saved, and what is kept.
local desk = require "tests.lib.desk"
local people = require "tests.lib.people"

empty_store() -- whoever has an account on the board is not here

local WALL <const> = "screens/wall.txt"

-- The list of files, with this one alone.
local function find(moon, path)
  desk.search(moon, path)
  moon:see(('page 1 of 1, those with "%s'):format(path:sub(1, 12)))
end

local function open(moon, path)
  find(moon, path)
  moon:key "e"
  moon:expect(path .. "  line 1 of")
end

-- A first line, and saving it.
local function add_line(moon, line)
  moon:key("enter", "up")
  moon:type(line)
  moon:key "ctrl-z"
end

local function new_file(moon, name)
  desk.answer(moon, "n", "A keyword, or a path as lua/handlers/shop.lua:", name)
end

-- The question about a text with mistakes.
local function expect_question(moon)
  moon:expect "E edit on  S save all the same  V all of it  T throw away"
end

test("screens and Lua are listed, and searched by their path", function(t)
  local moon = desk.sysop(t, "board")
  moon:see "1   lua/areas.lua"
  moon:key "page_down"
  moon:see "page 2 of"
  moon:key "p"
  moon:see "page 1 of"
  desk.search(moon, "screens/sysop/bans")
  moon:see '1   screens/sysop/bans.40.txt'
  moon:see '2   screens/sysop/bans.txt'
  moon:snapshot("board", { hide = { "|07 *[%d.]+ %a+  |08%d+%-%d+%-%d+ %d+:%d+" } })
  local narrow = desk.sysop(t, "board", { size = "40x24" })
  desk.search(narrow, "screens/sysop/bans")
  narrow:see "2 screens/sysop/bans.txt"
  narrow:snapshot "board-40"
end)

test("a screen is edited, and callers see it as it is now", function(t)
  local moon = desk.sysop(t, "board")
  local mars = people.caller(t, t:user("mars", { level = 100 }), { at = "wall" })
  open(moon, WALL)
  moon:see_not "Write it in chalk!"
  add_line(moon, "Write it in chalk!")
  moon:see(WALL .. " is saved, ")
  mars:expect "Write it in chalk!" -- a sysop who is there already
  people.caller(t, "luna", { at = "wall" }):see "Write it in chalk!"
  desk.expect_audit(t, "edit file", WALL)
end)

test("a file is opened by its number or its path", function(t)
  local moon = desk.sysop(t, "board")
  desk.search(moon, "screens/wall")
  desk.answer(moon, "e", "Which number:", "1")
  moon:expect "screens/wall.40.txt  line 1 of"
  moon:key "ctrl-z"
  moon:see "Nothing has changed."
  desk.answer(moon, "e", "Which number:", WALL)
  moon:expect(WALL .. "  line 1 of")
  moon:key "ctrl-z"
  moon:see "Nothing has changed."
  desk.answer(moon, "e", "Which number:", "99")
  moon:see "There is no such file here."
  desk.answer(moon, "e", "Which number:", "")
  moon:at "sysop/board"
end)

test("a mistake is shown before it is saved, and can be mended", function(t)
  local moon = desk.sysop(t, "board")
  open(moon, WALL)
  add_line(moon, "<% get:no.such %>")
  expect_question(moon)
  moon:see(WALL .. ":1:4: there is no handler 'no.such'")
  moon:key "v" -- all of it, in pages
  moon:see "100%"
  moon:key "q"
  expect_question(moon)
  moon:key "e"
  moon:expect(WALL .. "  line 1 of")
  moon:key "ctrl-y" -- the line with it
  add_line(moon, "Mended")
  moon:see(WALL .. " is saved, ")
  open(moon, WALL)
  add_line(moon, "<% get:no.such %>")
  expect_question(moon)
  moon:key "e"
  moon:expect(WALL .. "  line 1 of")
  moon:key("ctrl-y", "ctrl-z") -- as it was
  moon:see "Nothing has changed."
end)

test("what is thrown away leaves the file as it was", function(t)
  local moon = desk.sysop(t, "board")
  open(moon, WALL)
  add_line(moon, "<% if:x %>")
  expect_question(moon)
  moon:key "t"
  moon:see "It is thrown away."
  moon:key "v"
  moon:see "The one-line wall"
  moon:see_not "if:x"
end)

test("what is wrong is saved all the same, and callers have what was good", function(t)
  t:allow(WALL)
  local moon = desk.sysop(t, "board")
  open(moon, WALL)
  add_line(moon, "<% if:wall.lines %>")
  expect_question(moon)
  moon:see "this if: is not closed"
  moon:key "s"
  moon:see(WALL .. " is saved, ")
  moon:expect(WALL .. ":1:4: this if: is not closed") -- as the engine finds it, too
  t:pass(10)
  moon:see "1 with mistakes (!)"
  moon:see("! " .. WALL)
  people.caller(t, "luna", { at = "wall" }):see "The one-line wall"
  open(moon, WALL)
  moon:key("ctrl-y", "ctrl-z")
  moon:see(WALL .. " is saved, ")
  t:pass(10)
  moon:expect_gone "with mistakes"
end)

test("a handler is edited, and its mistakes are found, too", function(t)
  local moon = desk.sysop(t, "board")
  open(moon, "lua/handlers/goodbye.lua")
  add_line(moon, "local x = = 1")
  expect_question(moon)
  moon:see "lua/handlers/goodbye.lua:1: unexpected symbol near '='"
  moon:key "e"
  moon:expect "line 1 of"
  moon:key "ctrl-y"
  add_line(moon, "local x = 1")
  moon:see "lua/handlers/goodbye.lua is saved, "
end)

test("a new screen is written, and callers go there", function(t)
  local moon = desk.sysop(t, "board")
  new_file(moon, "shop/list")
  moon:expect "screens/shop/list.txt  line 1 of"
  moon:see "Your text."
  add_line(moon, "Pears and plums")
  moon:see "screens/shop/list.txt is saved, "
  find(moon, "screens/shop/list.txt")
  moon:key "h"
  moon:expect "1  20" -- a first version is kept, as soon as it is in use
  moon:key "q"
  local luna = people.caller(t, "luna")
  local mars = people.caller(t, t:user("mars", { level = 100 }), { at = "sysop/callers" })
  desk.look_at(mars, "luna")
  desk.answer(mars, "m", "To which screen:", "shop/list")
  luna:see "Pears and plums"
  luna:key "q"
  luna:at "menu"
  new_file(moon, "shop/list") -- which there is by now
  moon:expect "screens/shop/list.txt  line 1 of"
  moon:see "Pears and plums"
end)

test("new Lua is written", function(t)
  local moon = desk.sysop(t, "board")
  new_file(moon, "lua/handlers/shop/till.lua")
  moon:expect "<% get:shop.till.hello %>"
  moon:key "ctrl-z"
  moon:see "lua/handlers/shop/till.lua is saved, "
  t:write("screens/shop.txt", "<% get:shop.till.hello %>")
  people.caller(t, "luna", { at = "shop" }):see "Hello, luna"
  new_file(moon, "lua/prices.lua")
  moon:expect "to be required by handlers"
  moon:key "ctrl-z"
  moon:see "lua/prices.lua is saved, "
  desk.expect_audit(t, "new file", "lua/prices.lua")
end)

test("what no file can be called is refused", function(t)
  local moon = desk.sysop(t, "board")
  for name, why in pairs {
    ["Shop"] = "the file's name makes no keyword",
    ["../../etc/motd"] = "screens/../../etc/motd.txt",
    ["lua/settings.lua"] = "says what callers may do to the machine",
    ["lua/schema.sql"] = "expected a file of the board",
  } do
    new_file(moon, name)
    moon:see(why)
  end
  new_file(moon, "")
  moon:at "sysop/board"
end)

test("a drawing is seen, and the text beside it edited", function(t)
  local moon = desk.sysop(t, "board")
  find(moon, "screens/parts/header.ans")
  moon:key "v"
  moon:see "▄████▄"
  moon:key("q", "e")
  moon:expect "art in CP437"
  moon:expect "Edit screens/parts/header.txt, which callers without ANSI get?"
  moon:key "n"
  moon:expect "back to the desk"
  moon:key "e"
  moon:expect "Edit screens/parts/header.txt"
  moon:key "y"
  moon:expect "screens/parts/header.txt  line 1 of"
end)

test("all files are looked through for mistakes", function(t)
  local moon = desk.sysop(t, "board")
  moon:key "c"
  moon:expect "0 findings"
  moon:key "q"
  moon:at "sysop/board"
end)

test("what another sysop has saved meanwhile is not overwritten unasked", function(t)
  local moon = desk.sysop(t, "board")
  open(moon, WALL)
  local mars = people.caller(t, t:user("mars", { level = 100 }), { at = "sysop/board" })
  open(mars, WALL)
  add_line(mars, "Of mars")
  mars:see(WALL .. " is saved, ")
  add_line(moon, "Of the moon")
  expect_question(moon)
  moon:see "Not saved: it has changed on the disk."
  moon:key "v"
  moon:see "Of mars"
  moon:key "q"
  expect_question(moon)
  moon:key "s"
  moon:see(WALL .. " is saved, ")
  moon:key "v"
  moon:see "Of the moon"
  moon:see_not "Of mars"
  desk.expect_audit(t, "not saved", WALL)
end)

test("a line that drops loses nothing of what was being written", function(t)
  local moon = desk.sysop(t, "board")
  open(moon, WALL)
  moon:type "Half a sen"
  moon:hang_up()
  moon = desk.sysop(t, "board")
  find(moon, WALL)
  moon:key "e"
  moon:expect "the line dropped."
  moon:expect "Go on with it?"
  moon:key "y"
  moon:expect(WALL .. "  line 1 of")
  moon:see "Half a sen"
end)

-- --- kept versions ---

-- Two versions of the wall are kept, and the sysop looks at the list of them, until there is
-- the second one: `row` is how it begins.
local function at_versions(t, row, how)
  local moon = desk.sysop(t, "board", how)
  find(moon, WALL)
  moon:key "e"
  moon:expect "line 1 of"
  add_line(moon, "Worse")
  moon:expect "is saved, "
  moon:key "h"
  moon:at "sysop/versions"
  t:pass(1)
  moon:expect(row)
  return moon
end

test("good versions of a file are kept, seen, and brought back", function(t)
  local moon = at_versions(t, "2  20")
  moon:snapshot("versions", { hide = { "|07%d+%-%d+%-%d+ [%d:]+ +[%d.]+ %S+" } })
  desk.answer(moon, "v", "Which number:", "1")
  moon:see "1 Worse"
  moon:key "q"
  desk.answer(moon, "v", "Which number:", "2")
  moon:see "The one-line wall"
  moon:see_not "Worse"
  moon:key "q"
  desk.answer(moon, "b", "Which number:", "1")
  moon:see "That is what the file has now."
  desk.answer(moon, "b", "Which number:", "2")
  moon:see(WALL .. " is saved, ")
  desk.answer(moon, "b", "Which number:", "99")
  moon:see "There is no such number."
  desk.answer(moon, "b", "Which number:", "")
  moon:key "q"
  moon:at "sysop/board"
  moon:key "v"
  moon:see_not "Worse"
  desk.expect_audit(t, "edit file", WALL)
end)

test("in 40 columns, too", function(t)
  local moon = at_versions(t, "2 20", { size = "40x24" })
  moon:snapshot("versions-40", { hide = { "|07%d+%-%d+%-%d+ [%d:]+ +[%d.]+ %S+" } })
end)

test("U goes back to the version before, and back again", function(t)
  local moon = at_versions(t, "2  20")
  moon:key "u"
  moon:see(WALL .. " is saved, ")
  moon:key "q"
  moon:key "v"
  moon:see "The one-line wall"
  moon:see_not "Worse"
  moon:key("q", "h", "u")
  moon:see(WALL .. " is saved, ")
  moon:key("q", "v")
  moon:see "Worse"
  desk.expect_audit(t, "undo", WALL)
end)

test("all files with kept versions are listed, also those that are gone", function(t)
  local moon = at_versions(t, "2  20")
  moon:key("q", "a")
  moon:at "sysop/history"
  moon:see "Kept versions of this board's files"
  moon:key "n"
  moon:see "page 2 of"
  desk.search(moon, "screens/wall")
  moon:see 'page 1 of 1, those with "screens/wall"'
  moon:see "2   screens/wall.txt                                 2   20"
  moon:snapshot("history", { hide = { "|08%d+%-%d+%-%d+ %d+:%d+" } })
  desk.answer(moon, "enter", "Which number:", "99")
  moon:see "There is no such number."
  desk.answer(moon, "enter", "Which number:", "2")
  moon:at "sysop/versions"
  moon:see(WALL)
  moon:key "q"
  moon:at "sysop/history"
  desk.answer(moon, "h", "Which number:", "")
  moon:key "q"
  moon:at "sysop/board"
  local narrow = desk.sysop(t, "history", { size = "40x24" })
  desk.search(narrow, "screens/wall")
  narrow:see 'those with "screens/wall"'
  narrow:snapshot "history-40"
end)

test("the versions of no file lead to the files", function(t)
  desk.sysop(t, "versions"):at "sysop/board"
end)

test("a file that has never loaded has no versions", function(t)
  t:allow "screens/shop.txt"
  local moon = desk.sysop(t, "board")
  new_file(moon, "shop")
  moon:expect "screens/shop.txt  line 1 of"
  add_line(moon, "<% get:no.such %>")
  expect_question(moon)
  moon:key "s"
  moon:see "screens/shop.txt is saved, "
  find(moon, "screens/shop.txt")
  moon:key "h"
  moon:see "Good versions of screens/shop.txt"
  moon:see "None is kept yet"
end)

test("what is on trial is looked at anew by itself", function(t)
  local moon = desk.sysop(t, "trial")
  moon:see "On trial"
  t:pass(2)
  moon:at "sysop/trial"
end)
