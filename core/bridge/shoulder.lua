-- shoulder.lua -- bbs.shoulder: what another caller's terminal shows, as it is now, then live.
local core = require "core.shoulder"
local text = require "bbs.text"
local time = require "bbs.time"

local shoulder = {}

local BETWEEN <const> = 0.05 -- seconds between two drawings

local function put(view, out, y, row)
  if view.drawn[y] == row then return end
  view.drawn[y] = row
  out[#out + 1] = ("\27[%d;1H\27[0m\27[K%s\27[0m"):format(y, row)
end

-- Where the other's window is the larger one, the part with its cursor.
local function first_row(view, rows, cursor)
  if cursor < view.first then view.first = cursor end
  if cursor >= view.first + view.rows then view.first = cursor - view.rows + 1 end
  return math.max(1, math.min(view.first, rows - view.rows + 1))
end

local function bar(view, columns, rows)
  local line = (" %s, node %d, %d by %d"):format(view.name, view.id, columns, rows)
  local right = "Esc ends "
  local space = view.columns - 1 - text.width(line) - #right
  line = text.cut(line .. (" "):rep(math.max(space, 1)) .. right, view.columns - 1)
  return "\27[0;1;37;44m" .. line:gsub("|", "||")
end

-- False: the other has left.
local function draw(view, client, look)
  local columns, rows, x, y = look:size()
  local out = {}
  if not columns then return false end
  view.first = first_row(view, rows, y)
  for i = 1, view.rows do
    local n = view.first + i - 1
    put(view, out, i, n <= rows and look:row(n, view.columns) or "")
  end
  put(view, out, view.rows + 1, bar(view, columns, rows))
  local cursor = ("\27[%d;%dH"):format(y - view.first + 1, math.min(x, view.columns))
  if #out == 0 and cursor == view.cursor then return true end -- two who look at each other
  view.cursor = cursor
  client:send(table.concat(out) .. cursor)
  return true
end

local function begin_window(view, client)
  view.columns = math.max(client.term.width, 10)
  view.rows = math.max(client.term.height - 1, 5)
  view.drawn, view.first, view.cursor = {}, 1, nil
  client:clear()
end

local function watch(client, look, view)
  begin_window(view, client)
  while draw(view, client, look) do
    local key, told = client:read_key { wake = true, resize = true, tells = true }
    if key == "escape" or key == "q" then return end
    if key == "resize" or key == "ctrl_l" then begin_window(view, client) end
    if key == "tell" then view.told = told end
    if key == "wake" then time.sleep(BETWEEN) end
  end
  return view.name .. " has left."
end

-- Without a cursor: as it is now, and again with each key.
local function read(client, look, view)
  while true do
    local columns, rows = look:size()
    if not columns then return view.name .. " has left." end
    for n = 1, rows do
      local row = look:row(n, columns, true)
      if row:find "%S" then client:send(row .. "\n") end
    end
    client:send "Enter shows it again, Q ends: "
    local key = client:read_key()
    client:send "\n"
    if key:lower() == "q" or key == "escape" then return end
  end
end

-- shoulder.look(client, other) -> what there is to tell the client at the end, or nil, why it
-- can't be.  Waits, until Esc.
function shoulder.look(client, other)
  local look <close>, why = core.new(client, other)
  if not look then return nil, why end
  local view = { name = other.nick_name, id = other.id }
  if not client.term.ansi or client.term.linear then
    time.sleep(0.5) -- it is painted anew
    client:send "\n"
    return read(client, look, view) or ""
  end
  return watch(client, look, view) or ""
end

return shoulder
