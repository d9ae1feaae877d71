-- One caller on line, for sysops: what there is to know, and what a sysop can do.
local audit = require "bbs.audit"
local bans = require "bbs.bans"
local board = require "bbs.board"
local clients = require "bbs.clients"
local shoulder = require "bbs.shoulder"
local sysop = require "bbs.sysop"
local talk = require "bbs.talk"
local text = require "bbs.text"
local time = require "bbs.time"
local caller = {}

local GONE <const> = "That caller has left."
local NUMBER <const> = "^%s*(%d+)%s*$"

-- The caller whom the sysop looks at, or nil: has left.
local function other_of(client)
  for _, other in ipairs(clients.nodes()) do
    if other == client.data.sysop_caller then return other end
  end
end

-- <% enter:sysop.caller.enter %>
function caller.enter(client)
  client.data.sysop_caller = client.params and client.params.other
  if not other_of(client) then return "sysop/callers", GONE end
end

-- <% tick:sysop.caller.tick(1) %>
function caller.tick(client)
  if not other_of(client) then return "sysop/callers", GONE end
  return "refresh"
end

local values = {}

function values.id(other) return other.id end
function values.handle(other) return other.user_id .. (other.hidden and " (hidden)" or "") end
function values.nick_name(other) return other.nick_name end
function values.level(other) return other.level end
function values.address(other) return other.address end

function values.where(other)
  if other.calling then return other.keyword .. ", calls " .. other.calling end
  return other.keyword .. (other.status and ", " .. other.status or ", " .. other.title)
end

function values.idle(other)
  return other.idle < 60 and math.floor(other.idle) .. " s" or time.ago(time.now() - other.idle)
end

function values.since(other)
  return os.date("%H:%M", math.floor(other.since))
end

function values.terminal(other)
  local term = other.term
  return ("%s, %d by %d, %s, %s"):format(term.name ~= "" and term.name or "unknown", term.width,
    term.height, term.charset, term.linear and "read" or term.ansi and "ANSI" or "no ANSI")
end

function values.transfer(other)
  local t = other.zmodem
  if not t then return "none" end
  return ("%s %s, %s of %s"):format(t.sending and "gets" or "sends", t.name or "a file",
    text.size(t.bytes or 0), text.size(t.size or 0))
end

-- <% get:sysop.caller.get("handle") %>: any of the above
function caller.get(client, args)
  local other = other_of(client)
  return other and values[args[1]](other) or ""
end

-- What to tell the sysop, and where to go then, if not back to the caller. The caller may leave
-- while the sysop types.
local actions = {}

function actions.l(client, other)
  audit.add(client, "look over", other.user_id, "node " .. other.id)
  local said, why = shoulder.look(client, other)
  return said or why .. "."
end

function actions.s(client, other)
  local line = sysop.ask(client, "What to say", 200)
  if not line or not line:find "%S" then return "" end
  if not other_of(client) then return GONE, "sysop/callers" end
  other:tell(("%s (sysop): %s"):format(client.nick_name, line))
  audit.add(client, "speak", other.user_id, line)
  return "Said."
end

function actions.t(client, other)
  audit.add(client, "break in", other.user_id)
  local said, why = talk.break_in(client, tostring(other.id))
  return said or (why and why .. "." or "")
end

function actions.m(client, other)
  local keyword = sysop.ask(client, "To which screen", 60)
  if not keyword or keyword == "" then return "" end
  if not other_of(client) then return GONE, "sysop/callers" end
  local ok, why = other:move(keyword)
  if not ok then return why .. "." end
  audit.add(client, "move", other.user_id, "to " .. keyword)
  return other.user_id .. " goes there at the next prompt."
end

-- Why the caller sees a screen, or does not, on the terminal as it is now.
function actions.w(client, other)
  local handle = other.user_id
  local keyword = sysop.ask(client, "Why what (a screen, or files/AREA)", 60, other.keyword)
  if not keyword or keyword == "" then return "" end
  if not other_of(client) then return GONE, "sysop/callers" end
  local said, why = board.explain(client, keyword, handle, other.term)
  if not said then return why .. "." end
  audit.add(client, "explain", handle, keyword)
  client:pager((said:gsub("|", "||")))
  return ""
end

function actions.e(client, other)
  local handle = other.user_id
  local reason = sysop.ask(client, "Why (the caller is told)", 60)
  if not reason then return "" end
  client:send "\r\n  "
  if not client:confirm("End the call of " .. handle .. "?", true) then return "" end
  if not other_of(client) then return GONE, "sysop/callers" end
  audit.add(client, "end call", handle, reason)
  other:hangup(reason ~= "" and reason or "The sysop has ended the call.")
  return ("The call of %s is ended."):format(handle), "sysop/callers"
end

local function ban(client, subject, f)
  local minutes = sysop.ask(client, "For how many minutes", 7)
  if not minutes or minutes == "" then return "" end
  local n = math.tointeger(tonumber(minutes:match(NUMBER)))
  local reason = n and sysop.ask(client, "Why (for the list of bans)", 60)
  if n and not reason then return "" end
  local ok, why = f(client, subject, n, reason)
  if not ok then return why .. "." end
  audit.add(client, "ban", subject, ("%d min %s"):format(n, reason))
  return subject .. " is banned.", "sysop/callers"
end

function actions.a(client, other)
  return ban(client, other.address, bans.address)
end

function actions.b(client, other)
  if other.user_id == "GUEST" then return "Nobody has logged in there." end
  return ban(client, other.user_id, bans.account)
end

-- What is not done to a sysop of a higher level, whose screen may have others' new passwords.
local IS_FOR_OWN_LEVEL <const> = { l = true, m = true, e = true, a = true, b = true,
  w = true }

-- <% key:sysop.caller.pick %>
function caller.pick(client, key)
  key = key:lower()
  local other, action = other_of(client), actions[key]
  if not other then return "sysop/callers", GONE end
  if not action then return "repeat" end
  if other.id == client.id then return "repeat", "That is you." end
  if IS_FOR_OWN_LEVEL[key] and other.level > client.level then
    return "repeat", other.user_id .. " has a level above yours."
  end
  local said, where = action(client, other)
  if not where and not other_of(client) then return "sysop/callers", GONE end
  return where or "refresh", said ~= "" and said or nil
end

return sysop.only(caller)
