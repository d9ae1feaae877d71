-- What callers type at any prompt.
local people = require "tests.lib.people"

empty_store() -- whoever has an account on the board is not here

-- Two who are in a room that the first has made.
local function two_in_a_room(t)
  local luna, stella = people.caller(t, "luna"), people.caller(t, "stella")
  luna:type "/join Eclipses\r"
  luna:see "-- luna has come"
  stella:type "/join Eclipses\r"
  luna:see "-- stella has come"
  return luna, stella
end

test("a line reaches its caller, and is answered with /reply", function(t)
  local luna, stella = people.caller(t, "luna"), people.caller(t, "stella", { at = "wall" })
  stella:type "/reply what?\r"
  stella:see "Nobody has paged you yet."
  luna:type "/msg stella good evening\r"
  luna:see "Sent to stella."
  stella:see "<luna> good evening"
  stella:type "/reply and to you\r"
  luna:see "<stella> and to you"
  luna:type "/msg stella\r"
  luna:see "Type /msg HANDLE text"
  luna:type "/msg nobody hello\r"
  luna:see "There is nobody called nobody."
end)

test("who is away has it said to those who page", function(t)
  local luna, stella = people.caller(t, "luna"), people.caller(t, "stella")
  stella:type "/away at supper\r"
  stella:see "Who pages you is told: at supper"
  luna:type "/msg stella hello\r"
  luna:see "Sent to stella, who is away: at supper."
  stella:type "/away\r"
  stella:see "You are here again."
end)

test("who is not to be disturbed gets the pages afterwards", function(t)
  local luna, stella = people.caller(t, "luna"), people.caller(t, "stella")
  stella:type "/dnd\r"
  stella:see "Pages wait for you now"
  luna:type "/msg stella hello\r"
  luna:expect "stella"
  stella:see_not "hello"
  stella:type "/dnd\r"
  stella:see "luna, a moment ago: hello"
end)

test("of who is ignored nothing is seen", function(t)
  local luna, stella = two_in_a_room(t)
  stella:type "/ignore luna\r"
  stella:see "You see nothing of luna."
  luna:type "anybody there?\r"
  luna:type "/msg stella hello\r"
  luna:expect "stella"
  stella:see_not "anybody there?"
  stella:see_not "hello"
  stella:type "/unignore luna\r"
  stella:see "You see again what comes of luna."
  luna:type "and now?\r"
  stella:see "<luna> and now?"
end)

test("friends are told when one comes", function(t)
  local luna = people.caller(t, "luna")
  luna:type "/friends\r"
  luna:see "Type /friend HANDLE, and you are told when they come"
  t:user "stella"
  luna:type "/friend stella\r"
  luna:see "You are told when stella comes."
  luna:type "/friends\r"
  luna:see "Not on line: stella"
  people.caller(t, "stella")
  luna:see "stella"
  luna:type "/friends\r"
  luna:see "On line: stella"
  luna:type "/unfriend stella\r"
  luna:see "You are not told of stella any more."
end)

test("two talk, and each sees the other type", function(t)
  local luna, stella = people.caller(t, "luna"), people.caller(t, "stella")
  luna:type "/talk stella\r"
  stella:see "luna asks you for a talk: /talk luna"
  stella:type "/talk luna\r"
  luna:type "is it dark th"
  stella:see "is it dark th"
  stella:type "not yet"
  luna:see "not yet"
  luna:key "escape"
  stella:see "luna has ended the talk."
end)

test("a sysop breaks in without being asked for", function(t)
  local moon, luna = people.sysop(t), people.caller(t, "luna", { at = "wall" })
  luna:type "/break moon\r"
  luna:see "Only a sysop can"
  moon:type "/break luna\r"
  luna:see "moon"
  moon:type "supper is ready"
  luna:see "supper is ready"
  moon:key "escape"
  luna:at "wall"
end)

test("a sysop is seen by nobody but sysops", function(t)
  local moon, luna = people.sysop(t), people.caller(t, "luna")
  luna:type "/who\r"
  luna:see "2 on line: moon, luna"
  moon:type "/invisible\r"
  moon:see "Only sysops see you now"
  luna:type "/who\r"
  luna:see "1 on line: luna"
  moon:type "/invisible\r"
  moon:see "Everybody sees you."
  luna:type "/invisible\r"
  luna:see "Only a sysop can"
end)

test("rooms are listed, joined and left from anywhere", function(t)
  local luna = people.caller(t, "luna", { at = "wall" })
  luna:type "/rooms\r"
  luna:see "Lobby"
  luna:see "Machines, modems, and this board"
  luna:type "/leave\r"
  luna:see "You are in no room."
  luna:type "/me waves\r"
  luna:see "You are in no room: /join NAME"
  luna:type "/join art\r"
  luna:at "chat/room"
  luna:see(1, "Art")
  luna:type "/leave\r"
  luna:at "chat"
end)

test("what was said is shown to who comes later", function(t)
  local luna, stella = two_in_a_room(t)
  stella:key "escape"
  luna:type "the shadow has begun\r"
  luna:see "<luna> the shadow has begun"
  stella:type "/join Eclipses\r"
  stella:type "/history\r"
  stella:see "<luna> the shadow has begun"
  stella:key "q"
  stella:at "chat/room"
end)

test("an operator kicks, and the other reads why", function(t)
  local luna, stella = two_in_a_room(t)
  stella:type "/kick luna\r"
  stella:see "Only an operator of Eclipses can"
  luna:type "/kick stella too loud\r"
  t:pass(11)
  stella:at "chat"
  stella:see "luna has put you out of Eclipses: too loud"
  luna:see "-- stella was put out by luna: too loud"
end)

test("who is banned stays out until the ban is over or lifted", function(t)
  local luna, stella = two_in_a_room(t)
  luna:type "/ban stella too loud\r"
  t:pass(11)
  stella:at "chat"
  stella:see "luna has banned you from Eclipses: too loud"
  stella:type "/join Eclipses\r"
  stella:see "You are banned from Eclipses"
  luna:type "/unban stella\r"
  luna:see "stella may come again."
  stella:type "/join Eclipses\r"
  stella:at "chat/room"
  luna:type "/ban stella 10 once more\r"
  t:pass(11)
  stella:at "chat"
  stella:see "once more"
  t:pass(601)
  stella:type "/join Eclipses\r"
  stella:at "chat/room"
  luna:type "/ban stella -5\r"
  luna:see "Minutes are a number from 1 to 527040"
end)

test("who is muted reads and is not heard", function(t)
  local luna, stella = two_in_a_room(t)
  luna:type "/mute stella 5\r"
  luna:expect "stella"
  stella:type "can you hear me?\r"
  luna:see_not "can you hear me?"
  luna:type "/unmute stella\r"
  luna:see "stella may speak again."
  stella:type "and now?\r"
  luna:see "<stella> and now?"
  luna:type "/mute stella never\r"
  luna:see "Type /mute HANDLE [minutes]"
end)

test("an operator makes another, who may kick as well", function(t)
  local luna, stella = two_in_a_room(t)
  luna:type "/op stella\r"
  stella:expect "operator"
  stella:type "/topic By stella\r"
  luna:see "-- The topic is now: By stella"
end)

test("an invitation says how to come", function(t)
  local luna = people.caller(t, "luna")
  local stella = people.caller(t, "stella", { at = "wall" })
  luna:type "/join Eclipses\r"
  luna:type "/invite stella\r"
  luna:see "stella is invited."
  stella:see "luna invites you to the room Eclipses: /join Eclipses"
end)

test("a room that is closed is gone, and all are out of it", function(t)
  local luna, stella = two_in_a_room(t)
  luna:type "/close\r"
  luna:at "chat"
  t:pass(11)
  stella:at "chat"
  stella:see "luna has closed Eclipses"
  luna:see_not "4  Eclipses"
end)

test("lines may have the time, names one colour, and a bell", function(t)
  t:clock "2031-03-01 20:15"
  local luna, stella = two_in_a_room(t)
  luna:type "/time\r"
  luna:see "Lines have the time before them."
  stella:type "look up\r"
  luna:see "20:15"
  luna:type "/time\r"
  luna:see "No times any more."
  luna:type "/bell\r"
  luna:see "No bell any more."
  luna:type "/colors\r"
  luna:see "All names have the same colour."
end)

test("/nick leads to another nick name, //x is a line that begins with a slash", function(t)
  local luna = people.caller(t, "luna", { at = "wall" })
  luna:type "//nick is how it begins\r"
  luna:see "luna  /nick is how it begins"
  luna:type "/nick\r"
  luna:at "nick"
end)

test("/help lists the commands, those of sysops for sysops only", function(t)
  local luna, moon = people.caller(t, "luna"), people.sysop(t)
  luna:type "/help\r"
  luna:see "/msg HANDLE text"
  luna:snapshot "help"
  luna:key "end"
  luna:see_not "/break HANDLE"
  luna:key "q"
  luna:at "menu"
  moon:type "/help\r"
  moon:key "end"
  moon:see "/break HANDLE"
end)

test("a guest is asked to log in first, and may hang up", function(t)
  local guest = t:dial()
  guest:expect "Handle:"
  for _, command in ipairs { "/who", "/rooms", "/nick", "/msg luna hello", "/join art" } do
    guest:type(command .. "\r")
    guest:see "Log in first."
  end
  guest:type "/quit\r"
  guest:expect_end()
  guest:see "Until the next perigee."
end)
