-- The file areas, their lists, and one file.
local people = require "tests.lib.people"
local shelf = require "tests.lib.shelf"

empty_store() -- whoever has an account on the board is not here

test("what is put into the folder of an area is there for callers", function(t)
  local luna = shelf.list(t, "luna")
  luna:see(7, "eclipse.nfo")
  luna:see(8, "moon.txt")
  luna:see(9, "tides.txt")
  luna:see "3 files"
  luna:key "q"
  luna:at "files"
  luna:key "q"
  luna:at "menu"
end)

test("the bar goes up and down, and Enter shows its file", function(t)
  local luna = shelf.list(t, "luna")
  luna:see(7, ">")
  luna:key "down"
  luna:see(8, ">")
  luna:key("down", "up", "enter")
  luna:at "files/file"
  luna:see "moon.txt"
  luna:see "19 bytes"
  luna:see "2031-03-01, by the sysop"
  luna:key "q"
  luna:at "files/list"
end)

test("a text can be read before it is taken", function(t)
  local luna = shelf.list(t, "luna")
  luna:key("down", "v")
  luna:expect "is round."
  luna:key "q"
  luna:at "files/list"
  luna:key("enter", "v")
  luna:expect "is round."
end)

test("files are marked, listed, and the marks cleared", function(t)
  local luna = shelf.list(t, "luna")
  luna:key("space", "space")
  luna:see(7, "*")
  luna:see(8, "*")
  luna:key "q"
  luna:see "2 files, 42 bytes marked"
  luna:key "t"
  luna:see "Marked for the next download"
  luna:see_not "tides.txt"
  luna:key("enter", "t")
  luna:see "T mark it"
  luna:key("q", "q", "x")
  luna:see "Nothing is marked any more"
  luna:see "nothing is marked"
  luna:key "d"
  luna:see "Nothing is marked: Space marks the file at the bar"
end)

test("F filters while one types, S sorts", function(t)
  local luna = shelf.list(t, "luna")
  luna:key "f"
  luna:type "moo"
  luna:see "with: moo_"
  luna:see "1 file"
  luna:see_not "tides.txt"
  luna:key "backspace"
  luna:see "with: mo_"
  luna:key "escape"
  luna:see "tides.txt"
  luna:see "by name"
  luna:key("s", "s")
  luna:see "by size"
  luna:see(7, "tides.txt")
end)

test("a search looks into all areas, N lists what is new", function(t)
  local luna = shelf.caller(t, "luna")
  luna:key "s"
  luna:expect "Search all areas for:"
  luna:type "tid\r"
  luna:see 'With "tid"'
  luna:see "tides.txt"
  luna:see_not "moon.txt"
  luna:key("q", "n")
  luna:see "New since your last call"
  luna:key("q", "s")
  luna:type "!!\r"
  luna:see "There is no word in that"
end)

test("another protocol is kept for the next time", function(t)
  local luna = shelf.caller(t, "luna")
  luna:see "by ZModem"
  luna:key "p"
  luna:expect "Which protocol does your terminal have?"
  luna:key("down", "enter")
  luna:see "by YModem"
  luna:hang_up()
  people.caller(t, "luna", { at = "files" }):see "by YModem"
end)

test("a download that nobody takes ends, and the list is there again", function(t)
  local luna = shelf.list(t, "luna")
  luna:key "g"
  luna:key "ctrl-c"
  luna:expect "Any key goes on."
  luna:key "enter"
  luna:at "files/list"
  luna:see "moon.txt"
end)

test("an upload is offered where one may send, and Ctrl-C ends it", function(t)
  local luna = shelf.caller(t, "luna")
  luna:key "u"
  luna:expect "Where to?"
  luna:key "enter"
  luna:key "ctrl-c"
  luna:expect "Any key goes on."
  luna:key "enter"
  luna:at "files"
  t:user("io", { level = 1 })
  local io = people.caller(t, "io", { at = "files" })
  io:key "u"
  io:see "There is no area that you may send files to"
end)

test("a sysop describes, moves and removes a file, callers do not", function(t)
  t:user("moon", { level = 100 })
  local moon = shelf.list(t, "moon")
  moon:key("down", "enter")
  moon:see "A approve   M move   X remove"
  moon:key "e"
  moon:expect "moon.txt"
  moon:type "All about the moon"
  moon:key "f2"
  moon:at "files/file"
  moon:see "All about the moon"
  moon:key "m"
  moon:expect "Move it where?"
  moon:key("down", "enter")
  moon:see "Area       Texts"
  moon:key "x"
  moon:expect "Remove moon.txt for good?"
  moon:key "y"
  moon:at "files/list"
  moon:see_not "moon.txt"
  local luna = people.caller(t, "luna", { at = "files" })
  luna:key("1", "enter")
  luna:at "files/file"
  luna:see_not "remove"
  luna:key "x"
  luna:at "files/file"
end)

test("in a window without ANSI files have numbers", function(t)
  local luna = shelf.caller(t, "luna", { ansi = false, charset = "ascii" })
  luna:key "1"
  luna:at "files/list"
  luna:snapshot "list-no-ansi"
  luna:key "t"
  luna:expect "Mark which?"
  luna:type "1-2\r"
  luna:expect "eclipse.nfo"
  luna:key "enter"
  luna:expect "Show which?"
  luna:type "3\r"
  luna:at "files/file"
  luna:see "tides.txt"
end)

test("help on files leads back", function(t)
  local luna = people.caller(t, "luna", { at = "files" })
  luna:key "h"
  luna:at "files/help"
  luna:snapshot "help"
  luna:key "x"
  luna:at "files"
end)

test("the files, wide and narrow", function(t)
  shelf.caller(t, "luna"):hang_up()
  t:pass(60)
  people.caller(t, "luna", { at = "files" }):hang_up() -- by now nothing is new
  for i, name in ipairs { "", "-40" } do
    local size = i == 1 and "80x25" or "40x24"
    local luna = people.caller(t, "luna", { at = "files", size = size })
    luna:snapshot("areas" .. name)
    luna:key "1"
    luna:at "files/list"
    luna:snapshot("list" .. name)
    luna:key "enter"
    luna:at "files/file"
    luna:snapshot("file" .. name)
    luna:hang_up()
  end
end)
