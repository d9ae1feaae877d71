-- Who calls in these tests.
local people = {}

local function dial(t, handle, how)
  local call = {}
  for name, value in pairs(how or {}) do call[name] = value end
  call.as = handle
  return t:dial(call)
end

-- A caller of that handle, who has an account and is at the menu: people.caller(t, "luna").
-- `how` is as t:dial has it.
function people.caller(t, handle, how)
  t:user(handle)
  return dial(t, handle, how)
end

-- The sysop moon, at the menu.
function people.sysop(t, how)
  t:user("moon", { level = 100 })
  return dial(t, "moon", how)
end

-- A caller who comes in through the front door, as callers do: the account's own choices of the
-- terminal are in use, and the call is counted.
function people.log_in(t, handle, password, how)
  local caller = t:dial(how)
  caller:expect "Handle:"
  caller:type(handle .. "\r")
  caller:expect "Password:"
  caller:type(password .. "\r")
  return caller
end

return people
