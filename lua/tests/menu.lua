-- The main menu, help and goodbye.
local people = require "tests.lib.people"

empty_store() -- whoever has an account on the board is not here

test("each key of the menu leads to its screen, Q or Esc leads back", function(t)
  local luna = people.caller(t, "luna")
  local screens = {
    w = "who", p = "page", l = "last", c = "callers", r = "chat", d = "doors",
    f = "files", o = "wall", y = "profile", h = "help", g = "goodbye",
  }
  for key, keyword in pairs(screens) do
    luna:key(key)
    luna:at(keyword)
    luna:key "escape"
    luna:at "menu"
  end
end)

test("only sysops see the sysops' keys", function(t)
  local luna, moon = people.caller(t, "luna"), people.sysop(t)
  luna:see_not "the sysop's desk"
  luna:key "x"
  luna:at "menu"
  moon:see "the sysop's desk"
  moon:key "x"
  moon:at "sysop/desk"
end)

test("the menu says who else is there", function(t)
  local luna = people.caller(t, "luna")
  luna:see "the only caller on line"
  local stella = people.caller(t, "stella")
  stella:see "2 callers on line"
end)

test("help is behind H and ?, and any key leads back", function(t)
  local luna = people.caller(t, "luna")
  for _, key in ipairs { "h", "?" } do
    luna:key(key)
    luna:at "help"
    luna:see "GETTING ABOUT"
    luna:key "x"
    luna:at "menu"
  end
end)

test("goodbye says how long the call was, and ends it", function(t)
  local luna = people.caller(t, "luna")
  t:pass(300)
  luna:key "g"
  luna:at "goodbye"
  luna:see "You were here for 5 min"
  luna:key "b"
  luna:at "menu"
  luna:key("g", "g")
  luna:expect_end()
end)

test("the menu on terminals of all kinds", function(t)
  for name, how in pairs {
    menu = { size = "80x25", charset = "cp437" },
    ["menu-40"] = { size = "40x24", charset = "cp437" },
    ["menu-utf-8"] = { size = "132x50", charset = "utf-8" },
    ["menu-no-ansi"] = { ansi = false, charset = "ascii" },
  } do
    local luna = people.caller(t, "luna", how)
    luna:snapshot(name)
    luna:hang_up()
  end
end)

test("help and goodbye, wide and narrow", function(t)
  for name, size in pairs { [""] = "80x25", ["-40"] = "40x24" } do
    people.caller(t, "luna", { size = size, at = "help" }):snapshot("help" .. name)
    people.caller(t, "luna", { size = size, at = "goodbye" }):snapshot("goodbye" .. name)
  end
end)
