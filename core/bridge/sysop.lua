-- sysop.lua -- bbs.sysop: handlers that are for sysops alone, whatever screen names them.
local settings = require "bbs.settings"

local sysop = {}

local function guard(name, f)
  return function(client, ...)
    if client.level < settings.levels.sysop then
      error(("%s is for sysops, and the caller has level %d: put page:level(%d) in its screen")
        :format(name, client.level, settings.levels.sysop), 0)
    end
    return f(client, ...)
  end
end

-- sysop.only(handlers) -> a table of the same functions, each of which refuses a caller whose
-- level is below the setting levels.sysop.
function sysop.only(handlers)
  local guarded = {}
  for name, f in pairs(handlers) do
    guarded[name] = type(f) == "function" and guard(name, f) or f
  end
  return guarded
end

-- sysop.ask(client, prompt, max, [default]) -> what is typed on a line below the screen; nil:
-- Esc, which leads back.  Waits.
function sysop.ask(client, prompt, max, default)
  return client:read_line { prompt = "\r\n  |03" .. prompt .. ": |15", max = max,
    default = default }
end

return sysop
