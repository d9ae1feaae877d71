-- The rooms, and what is said in them.
local people = require "tests.lib.people"

empty_store() -- whoever has an account on the board is not here

-- Somebody who is in the Lobby.
local function in_lobby(t, handle, how)
  local caller = people.caller(t, handle, how)
  caller:key("r", "enter")
  caller:at "chat/room"
  return caller
end

test("who is in a room reads what the others say, who is elsewhere does not", function(t)
  local luna, stella = in_lobby(t, "luna"), in_lobby(t, "stella")
  local mars = people.caller(t, "mars")
  luna:see "-- stella has come"
  stella:see "Here: luna, stella"
  luna:type "hello there\r"
  stella:see "<luna> hello there"
  stella:type "/me waves\r"
  luna:see "* stella waves"
  mars:see_not "hello there"
  stella:key "escape"
  stella:at "chat"
  luna:see "-- stella has left"
end)

test("each room is for itself", function(t)
  local luna, stella = in_lobby(t, "luna"), people.caller(t, "stella", { at = "chat" })
  stella:key "3"
  stella:see "Tech"
  luna:type "only for the lobby\r"
  stella:type "only for tech\r"
  luna:see_not "only for tech"
  stella:see_not "only for the lobby"
end)

test("the list of the rooms is shown anew when somebody goes into one", function(t)
  local luna = people.caller(t, "luna", { at = "chat" })
  luna:see "Lobby                     0"
  in_lobby(t, "stella")
  t:pass(2)
  luna:see "Lobby                     1"
  luna:key "9"
  luna:see "There is no such number"
end)

test("a caller makes a room, and others find it by its number", function(t)
  local luna = people.caller(t, "luna", { at = "chat" })
  luna:key "m"
  luna:expect "The new room is called:"
  luna:type "Eclipses\r"
  luna:at "chat/room"
  luna:see(1, "Eclipses")
  local stella = people.caller(t, "stella", { at = "chat" })
  stella:see "1  Eclipses                  1"
  stella:key "1"
  luna:see "-- stella has come"
end)

test("where there are ten rooms or more a number ends with Enter", function(t)
  local luna, stella = people.caller(t, "luna"), people.caller(t, "stella")
  for i = 1, 7 do
    local maker = i > 4 and stella or luna
    maker:type(("/join Room %d\r"):format(i))
    maker:see(1, "Room " .. i)
    maker:type "keep it\r"
  end
  stella:key "escape"
  luna:key "escape"
  luna:at "chat"
  luna:see "10  Tech"
  luna:type "10\r"
  luna:at "chat/room"
  luna:see(1, "Tech")
end)

test("who comes to a room without one is in the lobby", function(t)
  local luna = people.caller(t, "luna", { at = "chat/room" })
  luna:see(1, "Lobby")
  luna:see "-- luna has come"
end)

test("a new topic is in the header of all who are there", function(t)
  local luna, stella = people.caller(t, "luna"), people.caller(t, "stella")
  luna:type "/join Eclipses\r"
  stella:type "/join Eclipses\r"
  luna:type "/topic The next one\r"
  stella:see "-- The topic is now: The next one"
  stella:see(1, "The next one")
  stella:type "/topic Mine\r"
  stella:see "Only an operator of Eclipses can change the topic"
  stella:type "/topic\r"
  stella:see "The topic is: The next one"
end)

test("many members are counted, not listed", function(t)
  for i = 1, 13 do people.caller(t, ("luna%02d"):format(i), { at = "chat/room" }) end
  people.caller(t, "stella", { at = "chat/room" }):see "and 2 more"
end)

test("the rooms on terminals of all kinds", function(t)
  local luna = in_lobby(t, "luna")
  luna:type "the moon is up\r"
  local names = { "", "-40", "-utf-8", "-no-ansi" }
  for i, how in ipairs {
    { size = "80x25" }, { size = "40x24" }, { charset = "utf-8" },
    { ansi = false, charset = "ascii" },
  } do
    local name = names[i]
    local stella = people.caller(t, "stella", how)
    stella:key "r"
    stella:snapshot("rooms" .. name)
    stella:key "enter"
    luna:see "-- stella has come"
    luna:type "welcome\r"
    stella:see "<luna> welcome"
    stella:snapshot("room" .. name)
    stella:hang_up()
    luna:see "-- stella has left"
  end
end)
