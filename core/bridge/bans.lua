-- bans.lua -- bbs.bans: addresses and accounts that may not call until a time.
local accounts = require "core.accounts"
local clients = require "core.clients"
local db = require "bbs.db"
local users = require "bbs.users"

local bans = {}

local MINUTES_MOST <const> = 5256000 -- ten years

local function check_minutes(minutes)
  if math.type(minutes) == "integer" and minutes >= 1 and minutes <= MINUTES_MOST then
    return true
  end
  return nil, ("Minutes are a whole number from 1 to %d"):format(MINUTES_MOST)
end

local function keep(client, column, value, minutes, reason)
  db.batch {
    { "DELETE FROM bans WHERE " .. column .. " = ? OR until <= ?", value, os.time() },
    { "INSERT INTO bans (" .. column .. ", until, reason, who, at) VALUES (?, ?, ?, ?, ?)",
      value, os.time() + minutes * 60, reason or "", client.user_id, os.time() },
  }
end

local function hang_up(list, but, reason)
  for _, other in ipairs(list) do
    if other.id ~= but.id then other:hangup(reason) end
  end
end

-- bans.address(client, address, minutes, [reason]) -> true, or nil and why not: nobody calls
-- from there, and who is on line from there is hung up on. An IPv6 address stands for its /64.
-- Waits.
function bans.address(client, address, minutes, reason)
  local ok, why = check_minutes(minutes)
  if not ok then return nil, why end
  ok, why = accounts.ban(address, minutes * 60, client)
  if not ok then return nil, address .. ": " .. why end
  keep(client, "address", address, minutes, reason)
  return true
end

-- bans.account(client, handle, minutes, [reason]) -> true, or nil and why not: nobody logs in
-- to it.  Waits.
function bans.account(client, handle, minutes, reason)
  local ok, why = check_minutes(minutes)
  if not ok then return nil, why end
  local user = users.find(handle)
  if not user then return nil, "There is nobody called " .. handle end
  if user.handle == client.user_id then return nil, "That is you" end
  if user.level > client.level then
    return nil, user.handle .. " has a higher level than you"
  end
  keep(client, "user", user.id, minutes, reason)
  hang_up(clients.of(user.id), client, "Your account is banned.")
  return true
end

-- bans.list() -> { {id=, address= or handle=, until=, reason=, who=, at=}, ... }: those that
-- have not ended.  Waits.
function bans.list()
  return db.rows("SELECT b.id, b.address, u.handle, b.until, b.reason, b.who, b.at FROM bans b "
    .. "LEFT JOIN users u ON u.id = b.user WHERE b.until > ? ORDER BY b.until", os.time())
end

-- bans.lift(id) -> the ban, or nil: there is none of that number.  Waits.
function bans.lift(id)
  local ban = db.row("SELECT b.address, u.handle FROM bans b LEFT JOIN users u "
    .. "ON u.id = b.user WHERE b.id = ?", id)
  if not ban then return nil end
  db.run("DELETE FROM bans WHERE id = ?", id)
  if ban.address then accounts.ban(ban.address, 0) end
  return ban
end

return bans
