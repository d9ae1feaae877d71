-- The file areas, with something in them.
local people = require "tests.lib.people"
local shelf = {}

local TEXTS <const> = {
  "moon.txt", "The moon\nis round.\n",
  "tides.txt", ("High water, and low water.\n"):rep(60),
  "eclipse.nfo", "When the shadow comes.\n",
}

-- Until the board has found `count` files in the first area, where `caller` is at "files".
function shelf.wait(t, caller, count)
  for _ = 1, 200 do
    if caller:text():find(("1 +Art +%d%%s"):format(count)) then return end
    t:pass(0.5)
    caller:key("q", "f")
    caller:at "files"
  end
  error(("the board has not found the %d files"):format(count))
end

-- A caller at the screen of the areas, of which Art has three files:
-- eclipse.nfo, moon.txt and tides.txt.
function shelf.caller(t, handle, how)
  t:clock "2031-03-01 20:15"
  for i = 1, #TEXTS, 2 do t:file("areas/art/" .. TEXTS[i], TEXTS[i + 1]) end
  local caller = people.caller(t, handle, how)
  caller:key "f"
  caller:at "files"
  shelf.wait(t, caller, #TEXTS // 2)
  return caller
end

-- The same caller, in the list of that area.
function shelf.list(t, handle, how)
  local caller = shelf.caller(t, handle, how)
  caller:key "1"
  caller:at "files/list"
  caller:see "moon.txt"
  return caller
end

return shelf
