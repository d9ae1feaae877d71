-- users.lua -- bbs.users: the accounts. The only Lua that sees a password's hash; handlers get
-- rows of the table `users`, which has none.
local db = require "bbs.db"
local plain = require "bbs.text"
local time = require "bbs.time"
local accounts = require "core.accounts"
local clients = require "core.clients"

local users = {}

local LOCATION_MOST <const> = 30

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

-- users.count() -> number of accounts.  Waits.
function users.count()
  return db.row("SELECT count(*) AS n FROM users").n
end

-- users.list{search=text, rows=15, page=1} -> rows, how many in all.  Waits.
function users.list(options)
  options = options or {}
  local rows = math.max(1, math.min(options.rows or 15, 1000))
  local page = math.max(1, options.page or 1)
  local like = "%" .. tostring(options.search or ""):gsub("[\\%%_]", "\\%0") .. "%"
  local where <const> =
    " FROM users WHERE handle LIKE ?1 ESCAPE '\\' OR nick_name LIKE ?1 ESCAPE '\\'"
  local total = db.row("SELECT count(*) AS n" .. where, like).n
  local list = db.rows("SELECT " .. FIELDS .. where .. " ORDER BY handle LIMIT ?2 OFFSET ?3",
    like, rows, (page - 1) * rows)
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

-- users.valid_handle(text) -> true, or nil and why not.  Waits.
function users.valid_handle(text)
  local why = accounts.handle_problem(text) or why_not_free("handle", text)
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
  if account.locked then return nil, "This account is locked. Ask the sysop" end
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
  accounts.log_in(client, account.id, account.handle, account.nick_name, account.level,
    account.hidden)
  local row = users.find(handle)
  row.must_change = account.must_change
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

-- At most 30 columns of one row, nothing that paints.
local function take_location(handle, location)
  location = plain.cut(plain.strip(tostring(location)):match "^%s*(.-)%s*$", LOCATION_MOST)
  db.run("UPDATE users SET location = ? WHERE handle = ?", location ~= "" and location or nil,
    handle)
end

-- Those who are on line are it when this returns.
local function take_hidden(handle, hidden)
  db.run("UPDATE users SET hidden = ? WHERE handle = ?", hidden and 1 or 0, handle)
  local user = users.find(handle)
  for _, client in ipairs(user and clients.of(user.id) or {}) do
    accounts.set_hidden(client, hidden)
  end
end

-- users.set(handle, {nick_name=text, level=number, location=text, hidden=}) -> true, or nil and
-- why not. A location of "" is none. Hidden: not seen on line by who is no sysop.  Waits.
function users.set(handle, changes)
  if changes.nick_name then
    local ok, why = users.valid_nick_name(changes.nick_name, handle)
    if not ok then return nil, why end
    db.batch {
      { "UPDATE users SET nick_name = ? WHERE handle = ?", changes.nick_name, handle },
      { "DELETE FROM looks WHERE user = (SELECT id FROM users WHERE handle = ?)", handle },
      { "INSERT INTO looks SELECT alike_look(handle), id FROM users WHERE handle = ?1 UNION "
        .. "SELECT alike_look(nick_name), id FROM users WHERE handle = ?1", handle },
    }
  end
  if changes.level then
    local level = math.tointeger(changes.level)
    if not level or level < 1 or level > 255 then
      return nil, "A level is a number from 1 to 255"
    end
    db.run("UPDATE users SET level = ? WHERE handle = ?", level, handle)
  end
  if changes.location then take_location(handle, changes.location) end
  if changes.hidden ~= nil then
    take_hidden(handle, changes.hidden)
  end
  return true
end

return users
