-- rooms.lua -- bbs.rooms: where callers chat. The engine has who is in a room and what was said
-- last, the store what has to be there after a restart.
local account = require "core.files".account
local accounts = require "core.accounts"
local clients = require "bbs.clients"
local core = require "core.rooms"
local keep = require "core.lines".keep
local page_anybody = require "core.clients".page
local db = require "bbs.db"
local loading = require "core.loading"
local settings = require "bbs.settings"
local time = require "bbs.time"
local users = require "bbs.users"

local rooms = {}

local SHOWN <const> = 15       -- of them, to who comes
local BURST <const> = 6        -- lines at once
local PER_SECOND <const> = 1   -- and then
local FEW <const> = 20         -- members: who comes and goes is told at once
local GATHERED <const> = 5     -- seconds: in larger rooms together
local LONGEST <const> = 1000   -- bytes of a line
local ROOMS_MOST <const> = 10000
local FOREVER <const> = math.maxinteger
local PAGES_MOST <const> = 50  -- that wait for somebody

local index      -- of all rooms: see all_rooms
local known = {} -- those with their rights and lines in memory, by the name's key
local own = {}   -- the board's, in its order, and by the name's key
local policy     -- function(room, client, text): see rooms.on_line
local listeners = {}
local why_out = setmetatable({}, { __mode = "k" }) -- of who was put out of a room, by client
local moving = {} -- rooms with comings and goings that are not told yet

-- --- how much of it ---

-- Who may do something BURST times at once, and then PER_SECOND: does it once more. -> how many
-- seconds that is too early; nil: not.
local function take_one(bucket)
  local now = core.clock()
  local past = now - (bucket.at or now)
  bucket.left = math.min(BURST, (bucket.left or BURST) + past * PER_SECOND)
  bucket.at = now
  if bucket.left < 1 then return (1 - bucket.left) / PER_SECOND end
  bucket.left = bucket.left - 1
  return nil
end

local addressing = setmetatable({}, { __mode = "k" }) -- a bucket for each client

-- Pages, invitations and what else reaches others wherever they are: not by the dozen.
local function why_not_address(client)
  if client.level >= settings.levels.sysop then return nil end
  addressing[client] = addressing[client] or {}
  if take_one(addressing[client]) then
    return "Not so fast: it was not sent"
  end
end

-- --- what a room is ---

local Room = {}
Room.__index = Room

local function is_sysop(client)
  return client.level >= settings.levels.sysop
end

local function span(seconds)
  if seconds < 90 then return seconds .. " s" end
  if seconds < 5400 then return (seconds + 30) // 60 .. " min" end
  return (seconds + 1800) // 3600 .. " h"
end

-- A right that somebody has, and until when: "op", "invited", "banned", "muted".
local function right(room, user, what)
  local all = user and room.rights[user]
  local r = all and all[what]
  if r and r.till > os.time() then return r end
  return nil
end

local function set_right(room, user, what, till, reason)
  room.rights[user] = room.rights[user] or {}
  room.rights[user][what] = till and { till = till, reason = reason or "" } or nil
  if till then
    db.run("INSERT OR REPLACE INTO room_rights (room, user, what, until, reason) VALUES "
      .. "(?, ?, ?, ?, ?)", room.id, user, what, till < FOREVER and till or nil, reason or "")
  else
    db.run("DELETE FROM room_rights WHERE room = ? AND user = ? AND what = ?", room.id, user,
      what)
  end
end

-- What is older than the lines that are kept goes.
local function trim_lines(id)
  db.run("DELETE FROM room_lines WHERE room = ?1 AND id <= (SELECT id FROM room_lines WHERE "
    .. "room = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)", id, settings.rooms.history)
end

local function load_lines(id)
  trim_lines(id) -- the setting may be another since
  return db.rows("SELECT * FROM (SELECT id, kind, user, nick_name, text, at FROM room_lines "
    .. "WHERE room = ? ORDER BY id DESC LIMIT ?) ORDER BY id", id, settings.rooms.history)
end

local function add_to(to, row)
  local entry = { id = row.id, key = core.key(row.name), name = row.name, topic = row.topic,
    private = row.private ~= 0 }
  to.list[#to.list + 1] = entry
  to.by_key[entry.key] = entry
  to.by_look[core.look(row.name)] = entry
end

local function remove_from(from, key)
  local entry = from.by_key[key]
  if not entry then return end
  from.by_key[key], from.by_look[core.look(entry.name)] = nil, nil
  for i, other in ipairs(from.list) do
    if other == entry then table.remove(from.list, i) end
  end
end

-- Every room's name, topic and privacy, in the order in which they were made: what lists show.
-- Waits, once.
local function all_rooms()
  if index then return index end
  local new, last = { list = {}, by_key = {}, by_look = {} }, 0
  repeat
    local rows = db.rows("SELECT id, name, topic, private FROM rooms WHERE id > ? ORDER BY id "
      .. "LIMIT 1000", last)
    for _, row in ipairs(rows) do add_to(new, row) end
    last = #rows > 0 and rows[#rows].id
  until #rows < 1000
  index = index or new -- another handler may have been quicker
  return index
end

local function make_room(row, rights, lines)
  local room = setmetatable({
    id = row.id, name = row.name, topic_text = row.topic, private = row.private ~= 0,
    slow = row.slow, most = row.most, rights = {}, spoken = {}, moves = {}, moved = {},
    moved_at = -GATHERED,
  }, Room)
  for _, r in ipairs(rights) do
    room.rights[r.user] = room.rights[r.user] or {}
    room.rights[r.user][r.what] = { till = r["until"] or FOREVER, reason = r.reason }
  end
  for _, line in ipairs(lines) do
    core.remember(room.name, line.kind, line.nick_name, line.text, line.user or 0, line.at)
  end
  return room
end

local find_user = users.find_by_name

-- From memory, or the store: of that name, or one that is taken for it.
local function load_room(name)
  local key = core.key(name)
  if not key or known[key] then return known[key] end
  local entry = all_rooms().by_key[key]
  local row = entry and db.row("SELECT * FROM rooms WHERE id = ?", entry.id)
  if not row then return nil end
  local rights = db.rows("SELECT user, what, until, reason FROM room_rights WHERE room = ?",
    row.id)
  local lines = load_lines(row.id)
  if not known[key] and core.open(row.name) then
    known[key] = make_room(row, rights, lines)
  end
  return known[key]
end

local function why_not_make(client, user, name)
  local twin = user and all_rooms().by_look[core.look(name) or name]
  if twin then return ("It looks like the room %s"):format(twin.name) end
  if #all_rooms().list >= ROOMS_MOST then
    return ("There are %d rooms already"):format(ROOMS_MOST)
  end
  if not user or is_sysop(client) then return nil end
  local n = db.row("SELECT count(*) AS n FROM rooms WHERE made_by = ?", user).n
  if n < settings.rooms.own then return nil end
  return ("You have made as many rooms as you may, %d: /close one of them"):format(n)
end

local opening = {} -- keys of the rooms that are being made: one at a time

-- In the store, and from there into memory.
local function make_anew(what, options, by)
  local is_new = db.run("INSERT OR IGNORE INTO rooms (name, topic, private, made_by, made_at) "
    .. "VALUES (?, ?, ?, ?, ?)", what.name, options.topic or what.topic or "",
    options.private and 1 or 0, by or nil, os.time()).changes == 1
  if not all_rooms().by_key[core.key(what.name)] then
    add_to(index, db.row("SELECT id, name, topic, private FROM rooms WHERE name = ?",
      what.name))
  end
  local room = load_room(what.name)
  room.guests = options.guests
  if by and is_new then set_right(room, by, "op", FOREVER) end
  return room
end

-- rooms.open(name, [{topic=, private=, by=client, guests=}]) -> the room, made where there is
-- none, of whom `by` is the operator; or nil and why not. With `guests` those who have no
-- account may come in, too.  Waits.
function rooms.open(name, options)
  local key = core.key(name)
  while key and opening[key] do time.sleep(0.01) end
  local room = load_room(name)
  if room and options and options.guests ~= nil then room.guests = options.guests end
  if room then return room end
  local mine = own[key]
  local by = not mine and options and options.by and account(options.by)
  local why = why_not_make(options and options.by, by, name)
  if why then return nil, why end
  opening[key or name] = true
  local _ <close> = setmetatable({}, { __close = function() opening[key or name] = nil end })
  local ok
  ok, why = core.open(name)
  if not ok then return nil, why end
  return make_anew(mine or { name = name }, options or {}, by)
end

-- rooms.find(name) -> the room, or nil: nobody has made it.  Waits.
function rooms.find(name)
  return load_room(name) or own[core.key(name) or name] and rooms.open(name) or nil
end

-- rooms.define{ {name=, topic=}, ... }: the board's own rooms, which are nobody's, and there
-- from the beginning.
function rooms.define(list)
  local new = {}
  for i, room in ipairs(list) do new[i], new[core.key(room.name)] = room, room end
  loading.register(function() own = new end)
end

-- Of the private rooms, those that the client may know of: their ids.
local function invited(client)
  local ids = {}
  for _, row in ipairs(db.rows("SELECT room FROM room_rights WHERE user = ? AND what IN ('op', "
    .. "'invited')", account(client))) do
    ids[row.room] = true
  end
  return ids
end

-- rooms.list(client, [first, count]) -> { {name=, topic=, members=, private=}, ... }, how many
-- there are in all: those that the client may know of, those with the most members first. From
-- number `first` on `count` of them; all where that is not given.  Waits.
function rooms.list(client, first, count)
  for _, room in ipairs(own) do rooms.find(room.name) end
  local all = all_rooms()
  local busy, members = core.busy()
  local known_of = not is_sysop(client) and invited(client)
  local list, total = {}, 0
  local function add(entry, n)
    if entry.private and known_of and not known_of[entry.id] then return end
    total = total + 1
    if total < (first or 1) or #list >= (count or math.huge) then return end
    list[#list + 1] = { name = entry.name, topic = entry.topic, members = n,
      private = entry.private }
  end
  for _, key in ipairs(busy) do
    if all.by_key[key] then add(all.by_key[key], members[key]) end
  end
  for _, entry in ipairs(all.list) do
    if not members[entry.key] then add(entry, 0) end
  end
  return list, total
end

-- rooms.may_move(client): may a command lead the client elsewhere? Not where it is being asked
-- something, or has to do something first.
function rooms.may_move(client)
  return core.may_ask(client) and not client.data.must_change and client.keyword ~= "ghost"
end

-- rooms.may_page(client): may a command show a window of its own, or ask? Not where the caller
-- is being asked something by a handler.
function rooms.may_page(client)
  return core.may_ask(client)
end

-- rooms.find_user(name) -> the account of that handle or nick name, or nil.  Waits.
function rooms.find_user(name)
  return find_user(name)
end

-- rooms.of(client) -> the room that the client is in; or nil, and why if it was put out of one
function rooms.of(client)
  local name = core.of(client)
  if name then return known[core.key(name)] end
  return nil, why_out[client]
end

-- rooms.on_line(f): f(room, client, text) is called before a line is said; it returns the text
-- as it is to be said, or nil and why not. It may wait, but not ask the caller. One function;
-- nil for none.
function rooms.on_line(f)
  loading.register(function() policy = f end)
end

-- rooms.listen(name, f): f(room, line) is called behind each line that is said, by its kind,
-- nick_name and text; for bots. It runs by itself: nobody waits for it. Under one name, so that
-- a file that is loaded anew is one bot.
function rooms.listen(name, f)
  loading.register(function() listeners[name] = f end)
end

-- --- who is there ---

local function is_op(room, client)
  local user = account(client)
  return is_sysop(client) or user ~= nil and right(room, user, "op") ~= nil
end

-- room:is_op(client)
function Room:is_op(client)
  return is_op(self, client)
end

local function note(room, text)
  core.add(room.name, "note", "", text)
end

-- Who comes and goes: at once in small rooms where few do.
local function flush_moves(room)
  local moves = room.moves
  if #moves == 0 or core.clock() < room.moved_at + GATHERED then return end
  room.moves, room.moved_at, moving[room] = {}, core.clock(), nil
  local more = #moves > 6 and (" and %d more"):format(#moves - 6) or ""
  note(room, table.concat(moves, ", ", 1, math.min(#moves, 6)) .. more)
end

local function tell_move(room, client, what)
  if client.hidden then return end
  if core.count(room.name) <= FEW and #room.moves == 0
    and not take_one(room.moved) then
    note(room, client.nick_name .. " " .. what)
    return
  end
  room.moves[#room.moves + 1] = client.nick_name .. " " .. what
  moving[room] = true
  flush_moves(room)
end

-- Once a second, by the engine.
function core.flush_moves()
  for room in pairs(moving) do flush_moves(room) end
end

-- What the caller wants to see and hear; kept with the account.
local function choices(client)
  local data = client.data
  local user = account(client)
  if not data.chat or data.chat.user ~= user then
    data.paged_by = nil -- whoever was logged in on this line before
    local row = db.row("SELECT stamps, bell, away, dnd, colors FROM chat_choices WHERE "
      .. "user = ?", user) or { stamps = 0, bell = 1, dnd = 0, colors = 1 }
    local ignored = {}
    for _, r in ipairs(db.rows("SELECT other FROM ignored WHERE user = ?", user)) do
      ignored[#ignored + 1] = r.other
    end
    data.chat = { user = user, stamps = row.stamps ~= 0, bell = row.bell ~= 0, away = row.away,
      dnd = row.dnd ~= 0, colors = row.colors ~= 0, ignored = ignored }
  end
  return data.chat
end

local function keep_choices(client)
  local c = choices(client)
  core.choose(client, c.stamps, c.bell, c.ignored, c.colors)
  if not account(client) then return end
  db.run("INSERT OR REPLACE INTO chat_choices (user, stamps, bell, away, dnd, colors) VALUES "
    .. "(?, ?, ?, ?, ?, ?)", account(client), c.stamps, c.bell, c.away, c.dnd, c.colors)
end

local function ignores(client, user)
  for _, other in ipairs(choices(client).ignored) do
    if other == user then return true end
  end
  return false
end

-- Why the client may not be addressed by somebody, and nil: it may. A sysop always may.  Waits.
function rooms.why_not_disturb(client, by)
  if is_sysop(by) then return nil end
  if ignores(client, account(by)) then
    return client.nick_name .. " does not take your pages"
  end
  if choices(client).dnd then return client.nick_name .. " is not to be disturbed" end
  return nil
end

local function why_not_in(room, client, user)
  local ban = right(room, user, "banned")
  if ban then
    return ("You are banned from %s%s%s"):format(room.name,
      ban.till < FOREVER and " for " .. span(ban.till - os.time()) .. " more" or "",
      ban.reason ~= "" and ": " .. ban.reason or "")
  elseif room.private and not right(room, user, "invited") and not is_op(room, client) then
    return room.name .. " is private: somebody in it has to /invite you"
  elseif room.most > 0 and core.count(room.name) >= room.most then
    return ("%s is full: it takes %d"):format(room.name, room.most)
  end
end

-- room:join(client) -> true, or nil and why not. The client leaves the room it was in. The last
-- lines are shown at its next prompt.  Waits.
function Room:join(client)
  local user = account(client)
  if not user and not self.guests then return nil, "Only who has an account can come in" end
  local chosen = choices(client)
  local why = not is_sysop(client) and why_not_in(self, client, user)
  if why then return nil, why end
  local before = rooms.of(client)
  if before == self then return true end
  if before then before:leave(client) end
  core.join(self.name, client, SHOWN)
  why_out[client] = nil
  core.choose(client, chosen.stamps, chosen.bell, chosen.ignored, chosen.colors)
  tell_move(self, client, "has come")
  return true
end

-- room:leave(client)
function Room:leave(client)
  if rooms.of(client) ~= self then return end
  core.leave(client)
  tell_move(self, client, "has left")
end

-- room:members([viewer]) -> clients that the viewer may see, as clients.all
function Room:members(viewer)
  return core.members(self.name, viewer)
end

-- room:history(n) -> the last n lines, { {kind=, at=, nick_name=, text=}, ... }
function Room:history(n)
  return core.last(self.name, n or settings.rooms.history)
end

-- --- what is said ---

-- How many seconds too early somebody speaks; nil: not.
local function too_early(room, client, user)
  local now = core.clock()
  local who = user or -client.id
  local s = room.spoken[who] or {}
  room.spoken[who] = s
  if is_op(room, client) then return nil end
  if s.last and now < s.last + room.slow then return s.last + room.slow - now end
  local early = take_one(s)
  if not early then s.last = now end
  return early
end

local function why_not_say(room, client, user)
  if rooms.of(client) ~= room then return "You are in no room: /join NAME" end
  if right(room, user, "banned") then return "You are banned from " .. room.name end
  local mute = right(room, user, "muted")
  if mute then
    return ("You may not speak in %s%s"):format(room.name,
      mute.till < FOREVER and " for " .. span(mute.till - os.time()) .. " more" or "")
  end
  local early = too_early(room, client, user)
  if early then
    return room.slow > 0 and ("One line in %d s here: wait %s"):format(room.slow,
      span(math.ceil(early))) or "Not so fast: your line was not said. Arrow up brings it back"
  end
end

-- A policy that fails is no reason to say nothing, nor is one that never ends.
local function apply_policy(room, client, text)
  if not policy then return text end
  local new, why
  local ended = core.apart("rooms.on_line:policy", function()
    new, why = policy(room, client, text)
  end, true)
  if not ended then return text end
  return new, why
end

local function keep_line(room, kind, user, nick_name, text)
  if settings.rooms.history == 0 then return end
  keep(room.id, room.name, kind, user, nick_name, text)
  room.kept = (room.kept or 0) + 1
  if room.kept % 100 == 0 then -- who speaks does not wait for that
    core.apart("rooms.trim", function() trim_lines(room.id) end)
  end
end

local function call_listeners(room, line)
  for name, f in pairs(listeners) do
    core.apart("rooms.listen:" .. name, function() f(room, line) end)
  end
end

-- At most so many bytes, and no part of a character.
local function cut(text, most)
  if #text <= most then return text end
  while most > 0 and text:byte(most + 1) & 0xC0 == 0x80 do most = most - 1 end
  return text:sub(1, most)
end

-- In time that grows with the length alone, whatever blanks there are.
local function trim(text)
  local from = text:find "%S"
  return from and text:match("^.*%S", from) or ""
end

-- A bot's line, or what a policy has made of one, may be a number, and longer than is shown.
local function utter(room, kind, user, nick_name, text)
  flush_moves(room)
  core.add(room.name, kind, nick_name, text, user)
  keep_line(room, kind, user, nick_name, cut(tostring(text), LONGEST))
end

local function speak(room, client, text, kind)
  local user = account(client)
  text = trim(cut(text, LONGEST))
  if text == "" then return true end
  local why = why_not_say(room, client, user)
  if why then return nil, why end
  text, why = apply_policy(room, client, text)
  if not text then return nil, why or "That can't be said here" end
  utter(room, kind, user, client.nick_name, text)
  call_listeners(room, { kind = kind, nick_name = client.nick_name, text = text })
  return true
end

-- room:say(client, text) -> true, or nil and why not. Everybody sees it at once; it is in the
-- store a tenth of a second later.  Waits where a policy does, or much is to be stored.
function Room:say(client, text)
  return speak(self, client, text, "say")
end

-- room:emote(client, text): "* luna waves".  Waits.
function Room:emote(client, text)
  return speak(self, client, text, "emote")
end

-- room:announce(nick_name, text): a line of nobody's, a bot's for instance.  Waits.
function Room:announce(nick_name, text)
  utter(self, "say", nil, nick_name, text)
end

-- room:topic([text, client]) -> the topic; with a text, as changed by the client: true, or nil
-- and why not.  Waits.
function Room:topic(text, client)
  if not text then return self.topic_text end
  if client and not is_op(self, client) then
    return nil, "Only an operator of " .. self.name .. " can change the topic"
  end
  self.topic_text = cut(text, 200)
  all_rooms().by_key[core.key(self.name)].topic = self.topic_text
  db.run("UPDATE rooms SET topic = ? WHERE id = ?", self.topic_text, self.id)
  note(self, ("The topic is now: %s"):format(self.topic_text))
  for _, member in ipairs(self:members()) do member:wake() end -- it may stand in their headers
  return true
end

-- room:set(client, {slow=seconds, most=members, private=}) -> true, or nil and why not.  Waits.
function Room:set(client, options)
  if not is_op(self, client) then return nil, "Only an operator can" end
  for _, name in ipairs { "slow", "most" } do
    local n = options[name]
    if n and (math.type(n) ~= "integer" or n < 0 or n > 86400) then
      return nil, name .. ": a number from 0 to 86400 expected"
    end
    self[name] = n or self[name]
  end
  if options.private ~= nil then self.private = options.private end
  all_rooms().by_key[core.key(self.name)].private = self.private
  db.run("UPDATE rooms SET slow = ?, most = ?, private = ? WHERE id = ?", self.slow, self.most,
    self.private and 1 or 0, self.id)
  return true
end

-- --- what operators do ---

-- The account that an operator means, or nil and why not.
local function target(room, by, name)
  if not is_op(room, by) then return nil, "Only an operator of " .. room.name .. " can" end
  local user = find_user(name)
  if not user then return nil, "There is nobody called " .. name end
  if user.id == account(by) then return nil, "That is you" end
  if user.level >= settings.levels.sysop and not is_sysop(by) then
    return nil, user.nick_name .. " is a sysop"
  end
  return user
end

-- Out of the room, and told why; the tick of its screen may lead the client out of it, too.
local function send_out(client, why)
  core.leave(client)
  why_out[client] = why
  client:tell(why)
  client:wake()
end

-- All calls of the account, which are told why. -> was there one?
local function put_out(room, user, why)
  local found = false
  for _, client in ipairs(room:members(true)) do
    if account(client) == user.id then
      send_out(client, why)
      found = true
    end
  end
  return found
end

local function because(reason)
  return reason and reason ~= "" and ": " .. reason or ""
end

-- room:kick(by, name, [reason]) -> true, or nil and why not.  Waits.
function Room:kick(by, name, reason)
  local user, why = target(self, by, name)
  if not user then return nil, why end
  local said = ("%s has put you out of %s%s"):format(by.nick_name, self.name, because(reason))
  if not put_out(self, user, said) then
    return nil, user.nick_name .. " is not in " .. self.name
  end
  note(self, ("%s was put out by %s%s"):format(user.nick_name, by.nick_name, because(reason)))
  return true
end

-- room:ban(by, name, [seconds, reason]) -> true, or nil and why not.  Waits.
function Room:ban(by, name, seconds, reason)
  local user, why = target(self, by, name)
  if not user then return nil, why end
  set_right(self, user.id, "banned", seconds and os.time() + seconds or FOREVER, reason)
  local how = (seconds and " for " .. span(seconds) or "") .. because(reason)
  put_out(self, user, ("%s has banned you from %s%s"):format(by.nick_name, self.name, how))
  note(self, ("%s was banned by %s%s"):format(user.nick_name, by.nick_name, how))
  return true
end

-- room:mute(by, name, [seconds]) -> true, or nil and why not.  Waits.
function Room:mute(by, name, seconds)
  local user, why = target(self, by, name)
  if not user then return nil, why end
  set_right(self, user.id, "muted", seconds and os.time() + seconds or FOREVER)
  note(self, ("%s may not speak%s"):format(user.nick_name,
    seconds and " for " .. span(seconds) or ""))
  return true
end

-- room:allow(by, name, "banned" or "muted") -> true, or nil and why not: no more.  Waits.
function Room:allow(by, name, what)
  local user, why = target(self, by, name)
  if not user then return nil, why end
  if not right(self, user.id, what) then return nil, user.nick_name .. " is not " .. what end
  set_right(self, user.id, what, nil)
  return true
end

-- room:close(by) -> true, or nil and why not: all are put out, and it is gone with what was
-- said there. Not one of the board's own.  Waits.
function Room:close(by)
  if not is_op(self, by) then return nil, "Only an operator of " .. self.name .. " can" end
  local key = core.key(self.name)
  if own[key] then return nil, self.name .. " is one of the board's own rooms" end
  for _, client in ipairs(self:members(true)) do
    send_out(client, ("%s has closed %s"):format(by.nick_name, self.name))
  end
  known[key], moving[self] = nil, nil
  self.moves = {}
  remove_from(index, key)
  core.forget(self.name)
  db.run("DELETE FROM rooms WHERE id = ?", self.id)
  return true
end

-- room:op(by, name, on) -> true, or nil and why not.  Waits.
function Room:op(by, name, on)
  local user, why = target(self, by, name)
  if not user then return nil, why end
  set_right(self, user.id, "op", on and FOREVER or nil)
  note(self, ("%s is %s operator"):format(user.nick_name, on and "an" or "no more an"))
  return true
end

-- room:invite(by, name) -> true, or nil and why not: anybody in the room may.  Waits.
function Room:invite(by, name)
  if rooms.of(by) ~= self and not is_op(self, by) then return nil, "You are not in it" end
  local user = find_user(name)
  if not user then return nil, "There is nobody called " .. name end
  local early = why_not_address(by)
  if early then return nil, early end
  set_right(self, user.id, "invited", FOREVER)
  local client = clients.find(user.handle, true)
  if client and not rooms.why_not_disturb(client, by) then
    client:tell(("%s invites you to the room %s: /join %s"):format(by.nick_name, self.name,
      self.name))
  end
  return true
end

-- --- from one caller to another ---

-- rooms.why_not_address(client) -> why the client may not write to others now, or nil; it
-- counts as one that was written.
rooms.why_not_address = why_not_address

-- For the next call, or when the caller is no more not to be disturbed.
local function keep_page(from, row, text)
  local user = account(from)
  if not is_sysop(from)
    and db.row("SELECT 1 FROM ignored WHERE user = ? AND other = ?", row.id, user) then
    return nil, row.nick_name .. " does not take your pages"
  end
  if db.row("SELECT count(*) AS n FROM pages WHERE user = ?", row.id).n >= PAGES_MOST then
    return nil, row.nick_name .. " has too many pages waiting"
  end
  db.run("INSERT INTO pages (user, sender, nick_name, text, at) VALUES (?, ?, ?, ?, ?)", row.id,
    user, from.nick_name, cut(text, LONGEST), os.time())
  return true
end

-- rooms.page(from, name, text) -> what became of it, or nil and why not. Who is not on line is
-- shown it at the next call; who is hidden seems not to be.  Waits.
function rooms.page(from, name, text)
  local user = account(from)
  if not user then return nil, "Only who is logged in can page" end
  local to = clients.find(name, true)
  local row = find_user(to and to.user_id or name)
  if not row then return nil, "There is nobody called " .. name end
  if row.id == user then return nil, "That is you" end
  local later = row.nick_name .. " is not on line, and is shown it at the next call"
  local why = to and rooms.why_not_disturb(to, from)
  if why and not choices(to).dnd then return nil, why end
  local is_seen = to and clients.find(to.id, from)
  local early = to and not why and why_not_address(from)
  if early and is_seen then return nil, early end
  local ok
  if why or early or not to then
    ok, why = keep_page(from, row, text)
    if not ok then return nil, why end
    if not is_seen then return later end
    return to.nick_name .. " is not to be disturbed, and is shown it later"
  end
  ok, why = page_anybody(from, to.id, text, true)
  if not ok then return nil, why end
  to.data.paged_by = from.user_id
  if not is_seen then return later end
  local away = choices(to).away
  return "Sent to " .. to.nick_name .. (away and ", who is away: " .. away or "")
end

-- rooms.waiting_pages(client) -> { {nick_name=, text=, at=}, ... }, which go then.  Waits.
function rooms.waiting_pages(client)
  local user = account(client)
  if not user or choices(client).dnd then return {} end
  local list = db.rows("SELECT id, nick_name, text, at FROM pages WHERE user = ? ORDER BY id "
    .. "LIMIT 100", user)
  if #list > 0 then
    db.run("DELETE FROM pages WHERE user = ? AND id <= ?", user, list[#list].id)
  end
  return list
end

-- rooms.away(client, [text]): what who pages is told; nil: the client is here again.  Waits.
function rooms.away(client, text)
  choices(client).away = text
  keep_choices(client)
end

-- rooms.choose(client, {stamps=, bell=, dnd=, colors=}) -> the choices as they are: with the
-- time before each line, with a bell at the own name, not to be disturbed (pages wait), with
-- names in colours of their own.  Waits.
function rooms.choose(client, options)
  local c = choices(client)
  for _, name in ipairs { "stamps", "bell", "dnd", "colors" } do
    if options[name] ~= nil then c[name] = options[name] end
  end
  keep_choices(client)
  return c
end

-- rooms.ignore(client, name, on) -> true, or nil and why not: neither lines nor pages.  Waits.
function rooms.ignore(client, name, on)
  local user = find_user(name)
  if not user then return nil, "There is nobody called " .. name end
  if not account(client) then return nil, "Only who has an account can" end
  if user.id == account(client) then return nil, "That is you" end
  local c = choices(client)
  local list = {}
  for _, other in ipairs(c.ignored) do
    if other ~= user.id then list[#list + 1] = other end
  end
  if on then
    list[#list + 1] = user.id
    db.run("INSERT OR IGNORE INTO ignored (user, other) VALUES (?, ?)", account(client),
      user.id)
  else
    db.run("DELETE FROM ignored WHERE user = ? AND other = ?", account(client), user.id)
  end
  c.ignored = list
  core.choose(client, c.stamps, c.bell, list, c.colors)
  return true
end

-- --- accounts that end ---

-- Whose name is to be seen no more leaves without a word.
local function take_out(user)
  for _, client in ipairs(clients.of(user.id)) do core.leave(client) end
  for room in pairs(moving) do
    for i = #room.moves, 1, -1 do
      local name = room.moves[i]:sub(1, #user.nick_name + 1)
      if name == user.nick_name .. " " then table.remove(room.moves, i) end
    end
  end
end

-- In the rooms that are in memory: the rights, and what was said.
local function forget_in_rooms(user, into, nick_name)
  local list = {}
  for _, room in pairs(known) do list[#list + 1] = room end
  for i, room in ipairs(list) do
    room.rights[user.id] = nil
    core.rename(room.name, user.id, user.nick_name, into and into.id, nick_name)
    if i % 100 == 0 then time.sleep(0) end
  end
end

-- What was the other's is this one's now.
local function take_rights(into)
  local by_id = {}
  for _, room in pairs(known) do by_id[room.id] = room end
  for _, r in ipairs(db.rows("SELECT room, what, until, reason FROM room_rights WHERE user = ?",
    into.id)) do
    local rights = by_id[r.room] and by_id[r.room].rights
    if rights then
      rights[into.id] = rights[into.id] or {}
      rights[into.id][r.what] = { till = r["until"] or FOREVER, reason = r.reason }
    end
  end
end

-- Who had chosen something about it, or is it now, has chosen what the store has.
local function take_choices(user, into)
  for _, client in ipairs(clients.all(true)) do
    local chat = client.data.chat
    local is_concerned = chat and into and chat.user == into.id
    for _, other in ipairs(chat and chat.ignored or {}) do
      is_concerned = is_concerned or other == user.id
    end
    if is_concerned then
      client.data.chat = nil
      local c = choices(client)
      core.choose(client, c.stamps, c.bell, c.ignored, c.colors)
    end
  end
end

-- By users.lua, when the account is gone from the store. What was said under it is `into`'s; or
-- `nick_name`'s, who is nobody; or gone where that is nil.  Waits.
function accounts.forget(user, into, nick_name)
  if not into then take_out(user) end
  forget_in_rooms(user, into, into and into.nick_name or nick_name)
  if into then take_rights(into) end
  take_choices(user, into)
end

return rooms
