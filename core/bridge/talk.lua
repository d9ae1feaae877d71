-- talk.lua -- bbs.talk: two callers in a split screen, where each sees the other type. Each
-- one's own handler draws that one's window; what is typed is the talk's, and wakes the other.
local clients = require "bbs.clients"
local rooms = require "bbs.rooms"
local text = require "bbs.text"

local talk = {}

local LINES_MOST <const> = 100 -- of one side, that are kept
local LINE_MOST <const> = 400  -- bytes of one

local talking = setmetatable({}, { __mode = "k" }) -- by client: its side of a talk

-- A side: who it is, the lines that are finished and the one that is typed, and the other side.
local function new_side(client)
  return { client = client, name = client.nick_name, lines = {}, line = "" }
end

-- --- what is typed ---

local function finish_line(side)
  side.lines[#side.lines + 1] = side.line
  if #side.lines > LINES_MOST then table.remove(side.lines, 1) end
  if side.other.is_plain and side.line ~= "" then
    side.other.client:tell(("<%s> %s"):format(side.name, side.line))
  end
  side.line = ""
end

local function add(side, s)
  if #side.line + #s > LINE_MOST then finish_line(side) end
  side.line = side.line .. s
end

-- Past the end of a row the word goes on in the next, as the windows wrap it.
local function type_key(side, key)
  if key == "enter" then
    finish_line(side)
  elseif key == "backspace" or key == "delete" then
    local at = utf8.offset(side.line, -1)
    side.line = at and side.line:sub(1, at - 1) or ""
  elseif key == "ctrl_u" then
    side.line = ""
  elseif key == "ctrl_w" then
    side.line = side.line:match "^(.-)%S*%s*$"
  elseif key == "space" then
    add(side, " ")
  elseif utf8.len(key) == 1 then
    add(side, key)
  else
    return false
  end
  return true
end

local function type_paste(side, pasted)
  for part in pasted:gmatch "[^\n]*\n?" do
    for _, code in utf8.codes(text.strip(part), true) do add(side, utf8.char(code)) end
    if part:sub(-1) == "\n" then finish_line(side) end
  end
end

-- --- the window ---

-- A line as rows of at most so many columns, cut behind a blank where there is one.
local function wrap(line, columns)
  local rows, row, width, blank = {}, "", 0, nil
  for _, code in utf8.codes(line, true) do
    local ch = utf8.char(code)
    local w = text.width(ch)
    if width + w > columns then
      local rest = ""
      if blank and ch ~= " " then row, rest = row:sub(1, blank), row:sub(blank + 1) end
      rows[#rows + 1] = row
      row, width, blank = rest, text.width(rest), nil
    end
    row, width = row .. ch, width + w
    if ch == " " then blank = #row end
  end
  rows[#rows + 1] = row
  return rows
end

-- The last rows of a side, `count` of them, and how many there are at most.
local function last_rows(side, columns, count)
  local rows = wrap(side.line, columns)
  local i = #side.lines
  while #rows < count and i > 0 do
    local before = wrap(side.lines[i], columns)
    table.move(rows, 1, #rows, #before + 1)
    table.move(before, 1, #before, 1, rows)
    i = i - 1
  end
  return table.move(rows, math.max(1, #rows - count + 1), #rows, 1, {})
end

local function put(view, out, y, row)
  if view.drawn[y] == row then return end
  view.drawn[y] = row
  out[#out + 1] = ("\27[%d;1H%s|07|16\27[K"):format(y, row)
end

local function bar(view, left, right)
  local space = view.width - text.width(left) - text.width(right)
  local line = left .. (" "):rep(math.max(space, 1)) .. right
  return "|15|17" .. text.cut(line, view.width):gsub("|", "||")
end

local function put_half(view, out, side, top, count, color)
  local rows = last_rows(side, view.width, count)
  for i = 1, count do
    put(view, out, top + i - 1, color .. (rows[i] or ""):gsub("|", "||"))
  end
  return rows
end

-- Why the other half is empty still, and what was told meanwhile.
local function remark(view)
  local other = view.side.other
  if view.told then return view.told end
  if other.has_come then return "" end
  return view.side.waiting or ("Waiting for %s."):format(other.name)
end

local function draw(view)
  local side, out = view.side, {}
  local middle = view.height // 2
  put(view, out, 1, bar(view, " " .. side.other.name, ""))
  put_half(view, out, side.other, 2, middle - 2, "|11")
  put(view, out, middle, bar(view, " " .. side.name .. " (you)", "Esc ends the talk "))
  local own = put_half(view, out, side, middle + 1, view.height - middle - 1, "|15")
  put(view, out, view.height, "|14" .. text.cut(remark(view), view.width):gsub("|", "||"))
  out[#out + 1] = ("\27[%d;%dH"):format(middle + #own, text.width(own[#own]) + 1)
  side.client:send(table.concat(out))
end

local function begin_window(view)
  local term = view.side.client.term
  view.width, view.height = math.max(term.width - 1, 10), math.max(term.height, 8)
  view.drawn = {}
  view.side.client:clear()
end

local function run_window(side)
  local view = { side = side }
  begin_window(view)
  while not side.is_over do
    draw(view)
    local key, more = side.client:read_key { resize = true, tells = true, wake = true,
      paste = true }
    if key == "tell" then
      view.told = view.told and view.told .. "  " .. more or more
    elseif key == "resize" or key == "ctrl_l" then
      begin_window(view)
    elseif key == "escape" then
      side.is_over = true
    elseif key == "paste" then
      type_paste(side, more)
    elseif key ~= "wake" and type_key(side, key) then
      view.told = nil
    end
    if key ~= "wake" and key ~= "tell" then side.other.client:wake() end
  end
  side.client:clear()
end

-- --- without a cursor: line after line ---

local function run_plain(side)
  local client = side.client
  client:send(("Talk with %s. A line with a point alone ends it.\n"):format(side.other.name))
  if not side.other.has_come then client:send(remark { side = side } .. "\n") end
  while not side.is_over do
    local line = client:read_line { prompt = "> ", max = LINE_MOST }
    if not line or line == "." then side.is_over = true end
    if not side.is_over then
      side.line = line
      finish_line(side)
      side.other.client:wake()
    end
  end
end

-- --- beginning and end ---

local function forget(side)
  if talking[side.client] == side then talking[side.client] = nil end
end

-- One side has ended the talk, or left.
local function close(side)
  local other = side.other
  side.is_over = true
  forget(side)
  if side.has_broken_in and not other.has_come then
    pcall(other.client.run, other.client, nil) -- it may have left
  end
  if other.is_over then return end
  other.is_over, other.is_left = true, true
  if other.is_plain then
    other.client:tell(("%s has ended the talk: press Enter."):format(side.name))
  end
  other.client:wake()
end

local function run(side)
  local client = side.client
  local status = client.status
  local _ <close> = setmetatable({}, { __close = function()
    close(side)
    client.status = status -- an error where it has left: last
  end })
  side.is_plain = not client.term.ansi or client.term.linear
  side.has_come = true
  client.status = "in a talk"
  side.other.client:wake()
  if side.is_plain then run_plain(side) else run_window(side) end
  if side.is_left and not side.is_plain then
    return side.other.name .. " has ended the talk."
  end
end

local function new_talk(client, to)
  local mine, theirs = new_side(client), new_side(to)
  mine.other, theirs.other = theirs, mine
  talking[client] = mine
  return mine
end

-- Whom the client means, or nil and why not. Who waits for the client may be hidden.
local function find(client, name)
  local to = clients.find(name, true)
  local theirs = to and talking[to]
  if theirs and theirs.other.client == client then return to end
  if not to or not clients.find(to.id, client) then return nil, name .. " is not on line" end
  if to.id == client.id then return nil, "That is you" end
  if theirs then return nil, to.nick_name .. " is in a talk already" end
  local why = rooms.why_not_disturb(to, client)
  if why then return nil, why end
  return to
end

-- talk.with(client, name) -> what there is to tell the client at its end, or nil and why it
-- can't be. Asks the other, and waits in the window until that one answers by the same.  Waits.
function talk.with(client, name)
  if not rooms.may_move(client) then return nil, "Answer what is asked first" end
  local to, why = find(client, name)
  if not to then return nil, why end
  local theirs = talking[to]
  if theirs then -- it waits for this client
    talking[client] = theirs.other
    return run(theirs.other)
  end
  why = rooms.why_not_address(client)
  if why then return nil, why end
  to:tell(("%s asks you for a talk: /talk %s"):format(client.nick_name, client.user_id))
  return run(new_talk(client, to))
end

-- talk.break_in(client, name): the same, and the other is not asked: the talk begins there at
-- the next prompt, whatever is being asked, and that is there again behind it.  Waits.
function talk.break_in(client, name)
  if not rooms.may_move(client) then return nil, "Answer what is asked first" end
  local to, why = find(client, name)
  if not to then return nil, why end
  if talking[to] then return talk.with(client, name) end
  local mine = new_talk(client, to)
  if not to:run("/talk " .. client.user_id) then
    forget(mine)
    return nil, to.nick_name .. " can't be reached now"
  end
  mine.has_broken_in = true
  mine.waiting = ("Waiting for %s: %s."):format(to.nick_name, to.zmodem
    and "a transfer is under way" or "until there is a prompt")
  return run(mine)
end

return talk
