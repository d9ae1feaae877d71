-- friends.lua -- bbs.friends: of whom a caller is told when they come.
local account = require "core.files".account
local clients = require "bbs.clients"
local db = require "bbs.db"
local users = require "bbs.users"

local friends = {}

local MOST <const> = 100

-- friends.add(client, name) -> the friend's account, or nil and why not.  Waits.
function friends.add(client, name)
  local user = account(client)
  if not user then return nil, "Only who has an account can" end
  local friend = users.find_by_name(name)
  if not friend then return nil, "There is nobody called " .. name end
  if friend.id == user then return nil, "That is you" end
  if db.row("SELECT count(*) AS n FROM friends WHERE user = ?", user).n >= MOST then
    return nil, ("You have %d friends already"):format(MOST)
  end
  db.run("INSERT OR IGNORE INTO friends (user, friend) VALUES (?, ?)", user, friend.id)
  return friend
end

-- friends.remove(client, name) -> the account, or nil and why not.  Waits.
function friends.remove(client, name)
  local friend = users.find_by_name(name)
  if not friend then return nil, "There is nobody called " .. name end
  local n = db.run("DELETE FROM friends WHERE user = ? AND friend = ?", account(client),
    friend.id).changes
  if n == 0 then return nil, friend.nick_name .. " is not among your friends" end
  return friend
end

local function is_seen(user, viewer)
  for _, client in ipairs(clients.of(user)) do
    if clients.find(client.id, viewer) then return true end
  end
  return false
end

-- friends.list(client) -> { {handle=, nick_name=, last_call=, on_line=}, ... }.  Waits.
function friends.list(client)
  local list = db.rows("SELECT u.id, u.handle, u.nick_name, u.last_call FROM friends f JOIN "
    .. "users u ON u.id = f.friend WHERE f.user = ? ORDER BY u.nick_name", account(client))
  for _, row in ipairs(list) do row.on_line = is_seen(row.id, client) end
  return list
end

-- Those who ignore somebody, or are not to be disturbed, are not told.
local TOLD <const> = "SELECT user FROM friends f WHERE friend = ?1 AND NOT EXISTS (SELECT 1 "
  .. "FROM ignored i WHERE i.user = f.user AND i.other = ?1) AND NOT EXISTS (SELECT 1 FROM "
  .. "chat_choices c WHERE c.user = f.user AND c.dnd <> 0)"

clients.listen("bbs.friends", function(event, client)
  local user = account(client)
  if event ~= "enter" or not user or #clients.of(user) > 1 then return end
  local notice = ("Your friend %s is on line now."):format(client.nick_name)
  local told = {}
  for _, row in ipairs(db.rows(TOLD, user)) do told[row.user] = true end
  if not next(told) then return end
  for other in clients.each(true) do
    if told[account(other)] then other:tell(notice) end
  end
end)

return friends
