-- rescue.lua -- the engine's own login: what a sysop has left when the board is broken. Reached
-- by Ctrl-O before logging in, and where the board has no screen to begin with.
local users = require "bbs.users"
local sys = require "bbs.sys"
local settings = require "bbs.settings"

local HELP <const> = [[

  board    go to the board's menu        reload   load all files anew
  root     go to the board's beginning   status   how the server is doing
  help     this list                     bye      end the call
]]

local commands = {}

function commands.help(client)
  client:send(HELP)
end

function commands.status(client)
  client:send("\n" .. sys.status() .. "\n")
end

function commands.reload(client)
  client:send("\n" .. sys.reload() .. "\n")
end

function commands.board() return "menu" end
function commands.root() return "root" end
function commands.bye() return "hangup" end

local function log_in(client)
  for _ = 1, 3 do
    local handle = client:read_line { prompt = "\nHandle: ", max = 20 }
    if not handle or handle == "" then return false end
    local password = client:read_line { prompt = "\nPassword: ", max = 128, mask = "" }
    if not password then return false end
    local user, why = users.login(client, handle, password, settings.levels.sysop)
    if user then return true, user end
    client:send("\n" .. why .. ".\n")
  end
  return false
end

local function change_password(client, handle, old)
  client:send "\nThe password is to be changed now (Esc: later, with 'perigee user passwd').\n"
  local new = client:read_line { prompt = "New password: ", max = 128, mask = "" }
  local again = new and client:read_line { prompt = "\nOnce more: ", max = 128, mask = "" }
  local ok, why
  if new and new == again then ok, why = users.set_password(handle, old, new) end
  client:send("\n" .. (ok and "Changed." or why or "Not changed.") .. "\n")
end

return function(client)
  client:send "Perigee's own login, for sysops. An empty line leads back to the board.\n"
  local ok, user = log_in(client)
  if not ok then return "root" end
  if user.must_change then
    local old = client:read_line {
      prompt = "\nThe password that was given to you: ", max = 128, mask = "",
    }
    if old then change_password(client, user.handle, old) end
  end
  client:send(HELP)
  while true do
    local line = client:read_line { prompt = "\n> ", max = 40 }
    local command = line and commands[line:lower():match "^%s*(%a*)"]
    if command then
      local result = command(client)
      if result then return result end
    elseif line and line ~= "" then
      client:send "\nThere is no such command. Try help.\n"
    end
  end
end
