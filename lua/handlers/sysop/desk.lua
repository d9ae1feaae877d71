-- The sysop's desk: what a sysop sees and does.
local audit = require "bbs.audit"
local sys = require "bbs.sys"
local sysop = require "bbs.sysop"
local desk = {}

-- <% key:sysop.desk.pick %>
function desk.pick(client, key)
  if key:lower() ~= "r" then return "repeat" end
  audit.add(client, "reload", "all files")
  return "repeat", sys.reload()
end

return sysop.only(desk)
