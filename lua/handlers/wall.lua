-- The one-line wall: the last ten lines, the newest lowest, and a field to add one.
local db = require "bbs.db"
local wall = {}

-- <% each:wall.lines %>
function wall.lines()
  local rows = db.rows("SELECT nick_name, text FROM wall_lines ORDER BY id DESC LIMIT 10")
  local oldest_first = {}
  for i, line in ipairs(rows) do oldest_first[#rows + 1 - i] = line end
  return oldest_first
end

-- <% set:wall.add(max=54) %>
function wall.add(client, text)
  if not text:find("%S") then return "menu" end
  db.run("INSERT INTO wall_lines (user, nick_name, text) VALUES ((SELECT id FROM users WHERE "
    .. "handle = ?), ?, ?)", client.user_id, client.nick_name, text)
  return "refresh"
end

return wall
