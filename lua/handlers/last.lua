-- The last callers, the latest first.
local db = require "bbs.db"
local settings = require "bbs.settings"
local time = require "bbs.time"
local last = {}

-- <% each:last.calls(rows=15, grows=true) %>
function last.calls(client, args)
  local rows = db.rows(
    "SELECT handle, nick_name, last_call, calls FROM users "
      .. "WHERE last_call IS NOT NULL AND (hidden = 0 OR ?) ORDER BY last_call DESC LIMIT ?",
    client.level >= settings.levels.sysop,
    args.rows
  )
  for _, user in ipairs(rows) do user.ago = time.ago(user.last_call) .. " ago" end
  return rows
end

return last
