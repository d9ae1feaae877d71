-- The bot that tells the time.
local people = require "tests.lib.people"

empty_store() -- whoever has an account on the board is not here

test("the clock answers in every room, to all who are there", function(t)
  t:clock "2031-03-01 20:15"
  local luna, stella = people.caller(t, "luna"), people.caller(t, "stella")
  luna:type "/join Art\r"
  stella:type "/join Art\r"
  luna:type "!time\r"
  luna:see "<clock> It is 20:15 on Saturday."
  stella:see "<clock> It is 20:15 on Saturday."
end)

test("a die shows one of its sides", function(t)
  local luna = people.caller(t, "luna", { at = "chat/room" })
  luna:type "!roll 2\r"
  luna:expect "<clock> The die with 2 sides shows "
  luna:type "!roll 1\r"
  luna:see "<clock> My dice have 2 to 1000 sides."
  luna:type "!dance\r"
  luna:see "<luna> !dance"
  luna:type "time!\r"
  luna:see "<luna> time!"
end)
