-- What sysops see of the transfers that are under way.
local people = require "tests.lib.people"
local shelf = require "tests.lib.shelf"

empty_store() -- whoever has an account on the board is not here

test("a sysop sees who gets which file, and that it is over", function(t)
  local moon = people.sysop(t, { at = "files" })
  moon:key "w"
  moon:at "files/transfers"
  moon:see "Nobody gets or sends a file now."
  local luna = shelf.list(t, "luna")
  luna:key "g"
  t:pass(2)
  moon:see "luna"
  moon:see_not "Nobody gets"
  luna:hang_up()
  t:pass(2)
  moon:see "Nobody gets or sends a file now."
  moon:key "q"
  moon:at "files"
end)

test("callers have no key for it", function(t)
  local luna = people.caller(t, "luna", { at = "files" })
  luna:key "w"
  luna:at "files"
end)

test("the transfers, wide and narrow", function(t)
  people.sysop(t, { at = "files/transfers" }):snapshot "transfers"
  people.sysop(t, { at = "files/transfers", size = "40x24" }):snapshot "transfers-40"
end)
