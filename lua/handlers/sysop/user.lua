-- One account, for sysops: each of its fields behind a key, a new password, locking, deleting,
-- merging. It goes by its number: its handle may become another.
local audit = require "bbs.audit"
local board = require "bbs.board"
local clients = require "bbs.clients"
local sysop = require "bbs.sysop"
local text = require "bbs.text"
local time = require "bbs.time"
local users = require "bbs.users"
local screen = {}

local CHARSETS <const> = { "auto", "utf-8", "cp437", "ascii" }
local SWITCHES <const> = { "auto", true, false }
local SHOWN <const> = { ["utf-8"] = "UTF-8", cp437 = "CP437", ascii = "ASCII" }
local FOUND_OUT <const> = "as found out"

local function account_of(client)
  return users.find_id(client.data.sysop_user)
end

-- <% enter:sysop.user.enter %>
function screen.enter(client)
  local id = client.params and client.params.id
  client.data.sysop_user = id or client.data.sysop_user
  if not client.data.sysop_user then return "sysop/users" end
  if not account_of(client) then return "sysop/users", "That account is gone." end
end

local function yes(value)
  if value == nil then return FOUND_OUT end
  return value and "yes" or "no"
end

local function pace(baud)
  if not baud then return "the board's" end
  return baud == 0 and "as fast as it goes" or baud .. " baud"
end

local function nodes(user)
  local list = {}
  for i, other in ipairs(clients.of(user.id)) do list[i] = "node " .. other.id end
  return #list > 0 and table.concat(list, ", ") or "no"
end

local function plural(n, what)
  return n == 1 and "1 " .. what or ("%d %ss"):format(n, what)
end

-- <% each:sysop.user.record %>: one row, the account
function screen.record(client)
  local user = account_of(client)
  if not user then return {} end
  local totals = users.totals(user.handle)
  user.locked, user.hidden = yes(user.locked), yes(user.hidden)
  user.from = user.location or "nobody is told"
  user.charset = SHOWN[user.charset] or FOUND_OUT
  user.ansi, user.linear, user.pace = yes(user.ansi), yes(user.linear), pace(user.baud)
  user.first = os.date("%Y-%m-%d", user.first_call)
  user.last = user.last_call and time.ago(user.last_call) .. " ago" or "never"
  user.sent = plural(totals.uploads, "file") .. ", " .. text.size(totals.uploaded)
  user.taken = plural(totals.downloads, "file") .. ", " .. text.size(totals.downloaded)
  user.nodes = nodes(user)
  return { user }
end

-- --- changing a field ---

local function next_of(list, value)
  if value == nil then value = "auto" end
  for i, known in ipairs(list) do
    if known == value then return list[i % #list + 1] end
  end
  return list[1]
end

local function as_text(value)
  if value == nil or value == "" or value == "auto" then return "none" end
  return tostring(value)
end

-- What stood there, and what stands there now, is written down.
local function change(client, user, field, value)
  local ok, why = users.set(user.handle, { [field] = value })
  if not ok then return why .. "." end
  local now = users.find_id(user.id)
  audit.add(client, "edit account", user.handle, ("%s: %s -> %s"):format(
    field:gsub("_", " "), as_text(user[field]), as_text(now and now[field])))
  return "It is changed."
end

local function change_text(client, user, field, prompt, max)
  local line = sysop.ask(client, prompt, max, user[field])
  if not line or line == "" or line == user[field] then return nil end
  return change(client, user, field, line)
end

local function change_number(client, user, field, prompt)
  local line = sysop.ask(client, prompt, 10, tostring(user[field]))
  if not line or line == "" then return nil end
  local n = math.tointeger(tonumber(line))
  if not n then return line .. " is no whole number." end
  if n == user[field] then return nil end
  return change(client, user, field, n)
end

local function is_own(client, user)
  for _, other in ipairs(clients.of(user.id)) do
    if other.id == client.id then return true end
  end
  return false
end

local actions = {}

function actions.h(client, user)
  return change_text(client, user, "handle", "Handle", 20)
end

function actions.n(client, user)
  return change_text(client, user, "nick_name", "Nick name", 20)
end

function actions.v(client, user)
  local line = sysop.ask(client, "Level, up to " .. client.level, 3, tostring(user.level))
  local level = math.tointeger(tonumber(line or ""))
  if not line or line == "" or level == user.level then return nil end
  if not level then return line .. " is no whole number." end
  if level > client.level then return "Nobody gives a level above the own one." end
  if is_own(client, user) then
    return "That is your own level: another sysop has to change it."
  end
  return change(client, user, "level", level)
end

function actions.f(client, user)
  local line = sysop.ask(client, "From (- is nowhere)", 30, user.location or "")
  if not line or line == (user.location or "") then return nil end
  return change(client, user, "location", line ~= "-" and line or "")
end

function actions.i(client, user)
  return change(client, user, "hidden", not user.hidden)
end

function actions.c(client, user)
  return change(client, user, "charset", next_of(CHARSETS, user.charset))
end

function actions.a(client, user)
  return change(client, user, "ansi", next_of(SWITCHES, user.ansi))
end

function actions.r(client, user)
  return change(client, user, "linear", next_of(SWITCHES, user.linear))
end

function actions.b(client, user)
  local line = sysop.ask(client, "Bits a second (0: no pace, auto: the board's)", 7,
    user.baud and tostring(user.baud) or "auto")
  if not line or line == "" then return nil end
  local baud = line:lower() == "auto" and "auto" or math.tointeger(tonumber(line))
  if not baud then return line .. " is no number of bits a second, nor auto." end
  return change(client, user, "baud", baud)
end

function actions.t(client, user)
  return change_number(client, user, "calls", "Calls")
end

function actions.m(client, user)
  return change_number(client, user, "minutes", "Minutes")
end

-- Why this account sees a screen, or does not: in a window of 80 by 25.
function actions.w(client, user)
  local keyword = sysop.ask(client, "Why what (a screen, or files/AREA)", 60)
  if not keyword or keyword == "" then return nil end
  local said, why = board.explain(client, keyword, user.handle)
  if not said then return why .. "." end
  audit.add(client, "explain", user.handle, keyword)
  client:pager((said:gsub("|", "||")))
end

-- --- the account as a whole ---

local function confirm(client, question)
  client:send "\n  |07"
  return client:confirm(question, false)
end

local function why_own(client, user)
  return is_own(client, user) and "That is your own account." or nil
end

function actions.l(client, user)
  if user.locked then
    users.unlock(user.handle)
    audit.add(client, "unlock account", user.handle)
    return user.handle .. " may log in again."
  end
  local own = why_own(client, user)
  if own then return own end
  local question = ("Lock %s, and end a call under way?"):format(user.handle)
  if not confirm(client, question) then return nil end
  local ok, why = users.lock(user.handle)
  if not ok then return why .. "." end
  audit.add(client, "lock account", user.handle)
  return user.handle .. " is locked."
end

-- It is shown here, and nowhere else: not in a notice, not in the log.
function actions.p(client, user)
  if is_own(client, user) then
    return "That is your own account: your profile has a key for it."
  end
  if not confirm(client, ("Give %s a new password?"):format(user.handle)) then return nil end
  local password, why = users.new_password(user.handle)
  if not password then return why .. "." end
  audit.add(client, "new password", user.handle)
  client:send(("\n  |07The password of %s is |15%s|07\n  It is shown this once, and has to be\n"
    .. "  changed at the next login.\n  |15Press a key.|07"):format(user.handle, password))
  client:read_key()
  return nil
end

local function delete(client, user, with_traces)
  local handle = user.handle
  local typed = sysop.ask(client, "Type the handle to delete it for good", 20)
  if (typed or ""):lower() ~= handle:lower() then return handle .. " is not deleted." end
  local ok, why = users.delete(handle, { traces = with_traces })
  if not ok then return why .. "." end
  audit.add(client, "delete account", handle, with_traces and "with all traces" or "anonymised")
  return handle .. " is deleted.", "sysop/users"
end

function actions.d(client, user)
  local own = why_own(client, user)
  if own then return own end
  local way = client:choose({
    "with all that was said under its name",
    "what was said stays, and nobody knows who it was",
  }, { title = ("Delete %s?"):format(user.handle) })
  if not way then return nil end
  return delete(client, user, way == 1)
end

-- The other account, or nil and why not.
local function other_account(client, user)
  local question = ("Whose is all of %s's to be (a handle)"):format(user.handle)
  local name = sysop.ask(client, question, 20)
  if not name or name == "" then return nil end
  local other = users.find(name)
  if not other then return nil, "Nobody has the handle " .. name .. "." end
  if other.id == user.id then return nil, "That is the same account." end
  if other.level > client.level then return nil, other.handle .. " has a level above yours." end
  return other
end

function actions.g(client, user)
  local own = why_own(client, user)
  if own then return own end
  local other, why = other_account(client, user)
  if not other then return why end
  if not confirm(client, ("Give all of %s's to %s, and delete %s for good?"):format(
    user.handle, other.handle, user.handle)) then
    return nil
  end
  local ok
  ok, why = users.merge(user.handle, other.handle)
  if not ok then return why .. "." end
  audit.add(client, "merge account", user.handle, "into " .. other.handle)
  client.data.sysop_user = other.id
  return ("%s is %s now."):format(user.handle, other.handle)
end

-- <% key:sysop.user.pick %>
function screen.pick(client, key)
  local action = actions[key:lower()]
  if not action then return "repeat" end
  local user = account_of(client)
  if not user then return "sysop/users", "That account is gone." end
  if user.level > client.level then
    return "repeat", user.handle .. " has a level above yours."
  end
  local said, where = action(client, user)
  return where or "refresh", said
end

return sysop.only(screen)
