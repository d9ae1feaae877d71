-- The sysop's desk: what a sysop sees and does.
local audit = require "bbs.audit"
local sys = require "bbs.sys"
local sysop = require "bbs.sysop"
local time = require "bbs.time"
local desk = {}

-- <% key:sysop.desk.pick %>
function desk.pick(client, key)
  if key:lower() ~= "r" then return "repeat" end
  audit.add(client, "reload", "all files")
  local said = sys.reload()
  time.sleep(0.05) -- they are read now, and what is shown anew by that would hide a notice
  return "refresh", said
end

return sysop.only(desk)
