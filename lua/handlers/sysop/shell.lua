-- A shell on the machine, for whom the settings name, and only with the password once more.
local audit = require "bbs.audit"
local command = require "bbs.command"
local settings = require "bbs.settings"
local sysop = require "bbs.sysop"
local time = require "bbs.time"
local users = require "bbs.users"
local shell = {}

-- <% if:sysop.shell.is_open %>
function shell.is_open(client)
  return (command.may(client))
end

-- <% get:sysop.shell.why %>
function shell.why(client)
  local _, why = command.may(client)
  return why
end

local values = {}

function values.shell() return settings.command.shell end
function values.user() return settings.command.user end

function values.folder()
  return settings.command.folder ~= "" and settings.command.folder or "its home"
end

function values.time()
  return ("%d minutes at most"):format(math.ceil(settings.command.seconds / 60))
end

function values.limits()
  local c = settings.command
  return ("%d s of CPU and %d MiB for each process, %d processes"):format(c.cpu_seconds,
    c.memory_mb, c.processes)
end

-- <% get:sysop.shell.get("user") %>: any of the above
function shell.get(_, args)
  return values[args[1]]()
end

local function told(ending, seconds)
  local how = ending.reason or ending.signal and "signal " .. ending.signal
    or "exit status " .. ending.code
  return ("The shell has ended: %s, after %d s."):format(how, seconds // 1)
end

local function run(client)
  local began = time.now()
  local process, why = command.run { argv = { settings.command.shell } }
  if not process then return nil, why end
  audit.add(client, "shell", settings.command.shell, "as " .. settings.command.user)
  client.status = "in a shell"
  local _ <close> = setmetatable({}, { __close = function()
    pcall(function() client.status = nil end) -- it may have left
  end })
  local ending
  ending, why = client:attach(process)
  return ending and told(ending, time.now() - began), why
end

-- <% set:sysop.shell.password(mask="*", max=64) %>
function shell.password(client, text)
  if text == "" then return "sysop/desk" end
  local ok, why = users.check_password(client, text)
  if not ok then
    audit.add(client, "shell refused", settings.command.shell, why)
    return "repeat", why .. "."
  end
  local said
  said, why = run(client)
  if not said then
    return "repeat", ("It can't be started: %s.%s"):format(why, settings.command.folder == ""
      and " The setting command.folder says where it runs." or "")
  end
  client:tell(said)
  return "sysop/desk"
end

-- <% key:sysop.shell.back %>
function shell.back()
  return "sysop/desk"
end

return sysop.only(shell)
