-- users.lua -- bbs.users: the accounts. The only Lua that sees a password's hash; handlers get
-- rows of the table `users`, which has none.
local db = require "bbs.db"
local plain = require "bbs.text"
local settings = require "bbs.settings"
local time = require "bbs.time"
local accounts = require "core.accounts"
local clients = require "core.clients"

local users = { SOMEBODY = "somebody" } -- who has said what is left of who is gone: traces.c

local LOCATION_MOST <const> = 30
local COUNT_MOST <const> = 1000000000
local LOCKED <const> = "This account is locked. Ask the sysop"

local FIELDS <const> =
  "id, handle, nick_name, level, first_call, last_call, calls, minutes, locked, "
  .. "charset, ansi, linear, baud, hidden, location"

local function with_booleans(row)
  if not row then return nil end
  row.locked = row.locked ~= 0
  row.hidden = row.hidden ~= 0
  if row.ansi then row.ansi = row.ansi ~= 0 end
  if row.linear then row.linear = row.linear ~= 0 end
  return row
end

-- users.find(handle) -> row or nil.  Waits.
function users.find(handle)
  return with_booleans(db.row("SELECT " .. FIELDS .. " FROM users WHERE handle = ?",
    tostring(handle)))
end

-- users.find_by_name(text) -> row or nil: by handle, or nick name.  Waits.
function users.find_by_name(name)
  return users.find(name) or with_booleans(db.row("SELECT " .. FIELDS
    .. " FROM users WHERE nick_name = ?", tostring(name)))
end

-- users.find_id(id) -> row or nil: by the account's number, which it keeps.  Waits.
function users.find_id(id)
  return with_booleans(db.row("SELECT " .. FIELDS .. " FROM users WHERE id = ?", id))
end

-- users.count() -> number of accounts.  Waits.
function users.count()
  return db.row("SELECT count(*) AS n FROM users").n
end

local ORDERS <const> = {
  handle = "handle", level = "level DESC, handle", last_call = "last_call DESC, handle",
  calls = "calls DESC, handle", first_call = "first_call DESC, id DESC",
}

-- users.list{search=text, level=number, locked=, sort="handle", rows=15, page=1} -> rows, how
-- many in all. `level`: those of that level or a higher one; `locked`: true or false; `sort`:
-- handle, level, last_call, calls, first_call.  Waits.
function users.list(options)
  options = options or {}
  local order = ORDERS[options.sort or "handle"]
  if not order then error("users.list: no order " .. tostring(options.sort), 2) end
  local rows = math.max(1, math.min(options.rows or 15, 1000))
  local page = math.max(1, options.page or 1)
  local like = "%" .. tostring(options.search or ""):gsub("[\\%%_]", "\\%0") .. "%"
  local where <const> = " FROM users WHERE (handle LIKE ?1 ESCAPE '\\' OR nick_name LIKE ?1 "
    .. "ESCAPE '\\') AND level >= ?2 AND (?3 IS NULL OR (locked <> 0) = ?3)"
  local level, locked = options.level or 0, options.locked
  local total = db.row("SELECT count(*) AS n" .. where, like, level, locked).n
  local list = db.rows("SELECT " .. FIELDS .. where .. " ORDER BY " .. order
    .. " LIMIT ?4 OFFSET ?5", like, level, locked, rows, (page - 1) * rows)
  for _, row in ipairs(list) do with_booleans(row) end
  return list, total
end

-- Is it somebody else's, or does it look so? Nobody is to be taken for another.
local function why_not_free(what, name, but)
  but = but or ""
  if db.row("SELECT 1 FROM users WHERE (handle = ?1 OR nick_name = ?1) AND handle <> ?2", name,
    but) then
    return ("The %s %s is taken"):format(what, name)
  elseif db.row("SELECT 1 FROM looks JOIN users ON id = user WHERE look = alike_look(?) AND "
    .. "handle <> ?", name, but) then
    return ("The %s %s looks like one that is taken"):format(what, name)
  end
end

-- users.valid_handle(text, [handle]) -> true, or nil and why not; `handle` is whose it will be.
-- Waits.
function users.valid_handle(text, handle)
  local why = accounts.handle_problem(text) or why_not_free("handle", text, handle)
  return not why or nil, why
end

-- users.valid_nick_name(text, [handle]) -> true, or nil and why not; `handle` is whose it will
-- be.  Waits.
function users.valid_nick_name(text, handle)
  local why = accounts.nick_problem(text) or why_not_free("nick name", text, handle)
  return not why or nil, why
end

-- users.create{handle=, nick_name=, password=} -> row, or nil and why not.  Waits.
function users.create(options)
  local handle, password = options.handle, options.password
  local nick_name = options.nick_name or handle
  local why = accounts.handle_problem(handle) or accounts.nick_problem(nick_name)
    or accounts.password_problem(password, handle)
  if why then return nil, why end
  local ok
  ok, why = accounts.add(handle, nick_name, accounts.hash(password))
  if not ok then return nil, why end
  return users.find(handle)
end

local checking = {} -- handles whose password is being checked: one at a time

local function wait_for_turn(key)
  while checking[key] do time.sleep(0.05) end
  return setmetatable({}, { __close = function() checking[key] = nil end })
end

-- What was chosen about the terminal in this call is kept, and then what was before.
local function take_terminal(client, row)
  local chosen = client.term.chosen
  if next(chosen) then
    client:set_terminal(chosen)
  else
    accounts.set_terminal(client, row)
  end
end

local function seconds(n)
  return n == 1 and "1 second" or n .. " seconds"
end

-- A sysop has banned it until a time: when that is.
local function banned_until(account)
  local ban = db.row("SELECT until FROM bans WHERE user = ? AND until > ?", account.id,
    os.time())
  return ban and os.date("%Y-%m-%d %H:%M", ban["until"])
end

local function check(account, password)
  local now = os.time()
  if account.locked then return nil, LOCKED end
  if account.retry_at > now then
    return nil, "Too many wrong passwords. Try again in " .. seconds(account.retry_at - now)
  end
  if accounts.check(password, account.hash) then return true end
  local wait = accounts.login_wrong(account.id)
  if wait > 0 then
    return nil, "That is not the password. The next try is in " .. seconds(wait)
  end
  return nil, "That is not the password"
end

-- users.login(client, handle, password, [level]) -> row, or nil and why not: below that level
-- it is refused. The row's `must_change` is true where the password has to be changed first.
-- Waits.
function users.login(client, handle, password, level)
  local key = tostring(handle):lower()
  local turn <close> = wait_for_turn(key)
  checking[key] = turn
  local account = accounts.find(handle)
  if not account then
    users.failed(client)
    return nil, "Nobody here by that name"
  end
  local ok, why = check(account, password)
  if not ok then
    users.failed(client)
    return nil, why
  end
  local ban = banned_until(account)
  if ban then return nil, "This account is banned until " .. ban end
  if account.level < (level or 0) then
    return nil, ("This login is for level %d and above"):format(level)
  end
  accounts.login_right(account.id)
  local now = accounts.find(handle) -- the password has taken its time
  if not now or now.id ~= account.id then return nil, "Nobody here by that name" end
  if now.locked then return nil, LOCKED end
  accounts.log_in(client, now.id, now.handle, now.nick_name, now.level, now.hidden)
  local row = users.find(handle)
  row.must_change = now.must_change
  take_terminal(client, row)
  return row
end

-- users.check_password(client, password) -> true, or nil and why not: is it that of the account
-- that the client is logged in to? A wrong one counts as at a login.  Waits.
function users.check_password(client, password)
  local key = client.user_id:lower()
  local turn <close> = wait_for_turn(key)
  checking[key] = turn
  local account = accounts.find(client.user_id)
  if not account then return nil, "Log in first" end
  local ok, why = check(account, password)
  if not ok then users.failed(client) end
  return ok, why
end

-- users.logout(client): a guest again; the call goes on.
function users.logout(client)
  accounts.log_out(client)
end

-- users.failed(client): an attempt to log in has failed. It counts against the address, which
-- is banned for a while after too many.
function users.failed(client)
  accounts.failed(client)
end

-- users.set_password(handle, old, new) -> true, or nil and why not.  Waits.
function users.set_password(handle, old, new)
  local account = accounts.find(handle)
  if not account then return nil, "Nobody here by that name" end
  local why = accounts.password_problem(new, account.handle)
  if why then return nil, why end
  local ok
  ok, why = check(account, old)
  if not ok then return nil, why end
  if old == new then return nil, "The new password is the old one" end
  accounts.set_hash(account.id, accounts.hash(new))
  return true
end

-- --- what a record may have ---

local CHARSETS <const> = { ["utf-8"] = true, cp437 = true, ascii = true }
local MOST_BAUD <const> = 1000000

local check_field = {}

function check_field.handle(value, row)
  return users.valid_handle(value, row.handle)
end

function check_field.nick_name(value, row)
  return users.valid_nick_name(value, row.handle)
end

function check_field.level(value)
  local level = math.tointeger(value)
  if level and level >= 1 and level <= 255 then return true end
  return nil, "A level is a number from 1 to 255"
end

local function is_count(what)
  return function(value)
    local n = math.tointeger(value)
    if n and n >= 0 and n <= COUNT_MOST then return true end
    return nil, ("%s are a number from 0 to %d"):format(what, COUNT_MOST)
  end
end

check_field.calls = is_count "Calls"
check_field.minutes = is_count "Minutes"

function check_field.charset(value)
  if value == "auto" or CHARSETS[value] then return true end
  return nil, "A character set is utf-8, cp437, ascii or auto"
end

local function check_switch(what)
  return function(value)
    if value == "auto" or type(value) == "boolean" then return true end
    return nil, what .. ": true, false or auto"
  end
end

check_field.ansi = check_switch "ANSI"
check_field.linear = check_switch "Linear"

function check_field.baud(value)
  local n = value == "auto" and 0 or math.tointeger(value)
  if n and n >= 0 and n <= MOST_BAUD then return true end
  return nil, ("A pace is auto, or a number from 0 to %d"):format(MOST_BAUD)
end

function check_field.location() return true end
function check_field.hidden() return true end
function check_field.locked() return true end

-- At most 30 columns of one row, nothing that paints.
local function as_location(value)
  value = plain.cut(plain.strip(tostring(value)):match "^%s*(.-)%s*$", LOCATION_MOST)
  return value ~= "" and value or nil
end

local IS_NUMBER <const> = { level = true, calls = true, minutes = true, baud = true }
local IS_SWITCH <const> = { hidden = true, locked = true, ansi = true, linear = true }

local function as_stored(name, value)
  if value == "auto" then return nil end
  if IS_NUMBER[name] then return math.tointeger(value) end
  if IS_SWITCH[name] then return value and 1 or 0 end
  if name == "location" then return as_location(value) end
  return value
end

-- The statement that writes all of it, and its values. It does nothing where there would be no
-- sysop any more.
local function update_of(row, changes)
  local sets, statement = {}, { 0, row.id, settings.levels.sysop, n = 3 }
  for name, value in pairs(changes) do
    statement.n = statement.n + 1
    statement[statement.n] = as_stored(name, value)
    sets[#sets + 1] = ("%s = ?%d"):format(name, statement.n - 1)
  end
  local stays = (changes.level or row.level) >= settings.levels.sysop and not changes.locked
  statement[1] = "UPDATE users SET " .. table.concat(sets, ", ") .. " WHERE id = ?1 AND ("
    .. (stays and "?2" or "level < ?2 OR locked OR EXISTS (SELECT 1 FROM users o WHERE "
    .. "o.id <> ?1 AND o.level >= ?2 AND NOT o.locked)") .. ")"
  return statement
end

-- Those who are on line are it when this returns.
local function tell_clients(id, changes)
  local user = users.find_id(id)
  for _, client in ipairs(user and clients.of(id) or {}) do
    if changes.hidden ~= nil then accounts.set_hidden(client, user.hidden) end
    for name in pairs(changes) do
      if name == "charset" or name == "ansi" or name == "linear" or name == "baud" then
        accounts.set_terminal(client, user)
      end
    end
  end
  return user
end

-- users.set(handle, {handle=, nick_name=, level=, location=, hidden=, locked=, calls=,
-- minutes=, charset=, ansi=, linear=, baud=}) -> true, or nil and why not: all of it, or
-- nothing. A location of "" is none; hidden: not seen on line by who is no sysop; of the
-- terminal "auto" is what is found out. Who is on line goes on with the new record.  Waits.
function users.set(handle, changes)
  local row = users.find(handle)
  if not row then return nil, "Nobody here by that name" end
  if not next(changes) then return true end
  for name, value in pairs(changes) do
    if not check_field[name] then error("users.set: no field " .. tostring(name), 2) end
    local ok, why = check_field[name](value, row)
    if not ok then return nil, why end
  end
  db.batch {
    update_of(row, changes),
    { "DELETE FROM looks WHERE user = ?", row.id },
    { "INSERT INTO looks SELECT alike_look(handle), id FROM users WHERE id = ?1 UNION "
      .. "SELECT alike_look(nick_name), id FROM users WHERE id = ?1", row.id },
  }
  local now = tell_clients(row.id, changes)
  if not now then return nil, "That account is gone" end
  if changes.locked and not now.locked
    or changes.level and now.level ~= math.tointeger(changes.level) then
    return nil, row.handle .. " is the only sysop: make another one first"
  end
  return true
end

-- users.lock(handle), users.unlock(handle) -> true, or nil and why not: nobody logs in to it,
-- and who is on line is hung up on.  Waits.
function users.lock(handle)
  return users.set(handle, { locked = true })
end

function users.unlock(handle)
  return users.set(handle, { locked = false })
end

-- users.new_password(handle) -> a random password, which has to be changed at the next login;
-- or nil and why not. Nobody can read it again.  Waits.
function users.new_password(handle)
  local row = users.find(handle)
  if not row then return nil, "Nobody here by that name" end
  local password = accounts.make_password()
  accounts.set_hash(row.id, accounts.hash(password), true)
  return password
end

-- users.totals(handle) -> {uploads=, uploaded=bytes, downloads=, downloaded=bytes}.  Waits.
function users.totals(handle)
  return db.row("SELECT uploads, uploaded, downloads, downloaded FROM file_totals JOIN users "
    .. "ON id = user WHERE handle = ?", tostring(handle))
    or { uploads = 0, uploaded = 0, downloads = 0, downloaded = 0 }
end

-- users.delete(handle, {traces=boolean}) -> true, or nil and why not. With `traces`, all that
-- was said under the account's name goes with it; else it stays, and "somebody" has said it.
-- What it has given (files, rooms) stays and is nobody's. Who is on line is hung up on.  Waits.
function users.delete(handle, options)
  local row = users.find(handle)
  if not row then return nil, "Nobody here by that name" end
  local with_traces = options and options.traces
  local ok, why = accounts.delete(row.id, not with_traces)
  if not ok then return nil, why end
  accounts.forget(row, nil, not with_traces and users.SOMEBODY or nil)
  return true
end

-- users.merge(from, into) -> true, or nil and why not: all that is the account `from`'s is
-- `into`'s, calls and totals are added up, and `from` is gone; `into` keeps its own names,
-- level and choices. Who is on line as `from` is hung up on.  Waits.
function users.merge(from, into)
  local old, new = users.find(from), users.find(into)
  if not old or not new then return nil, "Nobody here by that name" end
  if old.id == new.id then return nil, "That is the same account" end
  local ok, why = accounts.merge(old.id, new.id)
  if not ok then return nil, why end
  accounts.forget(old, new)
  return true
end

return users
