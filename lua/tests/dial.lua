-- Other systems, of which a new board has none.
local people = require "tests.lib.people"

empty_store() -- whoever has an account on the board is not here

local SETTINGS <const> = [[
return {
  dial = {
    hosts = {
      "The Void=telnet://127.0.0.1:9",
      "Nirvana=rlogin://127.0.0.1:10",
    },
  },
}
]]

test("a board without other systems has no key for them", function(t)
  local luna = people.caller(t, "luna")
  luna:see_not "other systems"
  luna:key "s"
  luna:at "menu"
end)

test("other systems are listed, and why one can't be called is said", function(t)
  t:write("lua/settings.lua", SETTINGS)
  local luna = people.caller(t, "luna")
  luna:key "s"
  luna:at "dial"
  luna:see "1  The Void                        telnet  127.0.0.1 9"
  luna:see "2  Nirvana                         rlogin  127.0.0.1 10"
  luna:key "3"
  luna:see "There is no such number"
  luna:key "1"
  luna:see "127.0.0.1 port 9 refuses the call"
  luna:at "dial"
  luna:key "q"
  luna:at "menu"
end)

test("where there are ten or more a number ends with Enter", function(t)
  local hosts = {}
  for i = 1, 11 do hosts[i] = ('"System %d=telnet://127.0.0.1:%d"'):format(i, i) end
  t:write("lua/settings.lua",
    ("return { dial = { hosts = { %s } } }"):format(table.concat(hosts, ", ")))
  local luna = people.caller(t, "luna", { at = "dial" })
  luna:see "11  System 11"
  luna:key "1"
  luna:expect "Number: 1"
  luna:type "1\r"
  luna:see "127.0.0.1 port 11 refuses the call"
end)

test("who may not call out reads why the list is empty", function(t)
  t:write("lua/settings.lua", SETTINGS:gsub("hosts = {", "level = 50, hosts = {", 1))
  local luna = people.caller(t, "luna", { at = "dial" })
  luna:see_not "The Void"
  luna:snapshot "dial-not-yet"
end)

test("the list of other systems, wide and narrow", function(t)
  t:write("lua/settings.lua", SETTINGS)
  people.caller(t, "luna", { at = "dial" }):snapshot "dial"
  people.caller(t, "luna", { at = "dial", size = "40x24" }):snapshot "dial-40"
end)
