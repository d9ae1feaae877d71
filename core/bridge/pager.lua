-- pager.lua -- client:pager: a text of any length, a screenful at a time.
local text = require "bbs.text"
local time = require "bbs.time"
local methods = client_methods

local LINES_AT_ONCE <const> = 50
local BYTES_AT_ONCE <const> = 4000 -- are wrapped before others have their turn

local function without_codes(s)
  return (s:gsub("|%d%d", ""):gsub("||", "|"))
end

-- The colours behind `s`, as codes, after those before it.
local function colors_after(s, colors)
  for code in s:gmatch "|(%d%d)" do
    local n = tonumber(code)
    if n <= 15 then colors = { fg = "|" .. code, bg = colors.bg } end
    if n >= 16 and n <= 23 then colors = { fg = colors.fg, bg = "|" .. code } end
  end
  return colors
end

-- A word that is longer than a row is cut where it has to be; its colours are left out.
local function add_word(rows, row, word, columns)
  local width = text.width(without_codes(row .. word))
  if width <= columns then return row .. word end
  if without_codes(row):find "%S" then
    rows[#rows + 1] = row
    row, word = "", word:gsub("^%s+", "")
  end
  while text.width(without_codes(word)) > columns do
    local plain = without_codes(word)
    local part = text.cut(plain, columns)
    rows[#rows + 1] = part:gsub("|", "||")
    word = plain:sub(#part + 1):gsub("|", "||")
  end
  return row .. word
end

local function wrap_line(rows, line, columns)
  if #line <= columns or text.width(without_codes(line)) <= columns then
    rows[#rows + 1] = line
    return
  end
  local row = ""
  for word in line:gmatch "%s*%S+" do row = add_word(rows, row, word, columns) end
  rows[#rows + 1] = row
end

-- -> a list of rows, each with the colours that it begins in
local function wrap(s, columns)
  local rows, colors, n = {}, { fg = "", bg = "" }, 0
  for line in (s .. "\n"):gmatch "(.-)\n" do
    local wrapped = {}
    wrap_line(wrapped, text.strip(line), columns)
    for _, row in ipairs(wrapped) do
      rows[#rows + 1] = colors.fg .. colors.bg .. row
      colors = colors_after(row, colors)
    end
    n = n + #line + 80
    if n > BYTES_AT_ONCE then
      time.sleep(0)
      n = 0
    end
  end
  return rows
end

-- --- without a cursor ---

local function page_plain(client, rows)
  local height = math.max(client.term.height - 1, 5)
  for i, row in ipairs(rows) do
    client:send(row .. "\n")
    if i % height == 0 and i < #rows then
      client:send "-- More: Enter, or Q to leave -- "
      local key = client:read_key()
      client:send "\n"
      if key:lower() == "q" or key == "escape" then return end
    end
  end
  client:send "-- The end: any key -- "
  client:read_key()
  client:send "\n"
end

-- --- a window on the rows ---

local function page_rows(client)
  return math.max(client.term.height - 1, 1)
end

local function last_top(view)
  return math.max(#view.rows - page_rows(view.client) + 1, 1)
end

local function percentage(view)
  local last = view.top + page_rows(view.client) - 1
  return math.min(100, #view.rows == 0 and 100 or last * 100 // #view.rows)
end

-- A row in which the search is found shows it, without its own colours.
local function marked(view, row)
  local plain = without_codes(row)
  local from, to = nil, nil
  if view.search then from, to = plain:lower():find(view.search, 1, true) end
  if not from then return row end
  local function part(i, j) return (plain:sub(i, j):gsub("|", "||")) end
  return part(1, from - 1) .. "\27[7m" .. part(from, to) .. "\27[27m" .. part(to + 1)
end

local function status(view)
  local help = "  Space B Home End  / search  N next  Q leave"
  local notice = view.notice and "  " .. view.notice or ""
  local line = (" %3d%%%s%s"):format(percentage(view), notice, help)
  return text.pad(line, view.client.term.width - 1):gsub("|", "||")
end

local function draw(view)
  local client = view.client
  local out = {}
  client:clear()
  for i = view.top, math.min(view.top + page_rows(client) - 1, #view.rows) do
    out[#out + 1] = ("\27[%d;1H%s|07|16"):format(i - view.top + 1, marked(view, view.rows[i]))
  end
  client:send(table.concat(out))
  client:send(("\27[%d;1H|00|23%s|07|16"):format(client.term.height, status(view)))
  view.notice = nil
end

local function go_to(view, top)
  view.top = math.max(1, math.min(top, last_top(view)))
end

local function find_from(view, from)
  for n = 0, #view.rows - 1 do
    local i = (from + n - 1) % #view.rows + 1
    if n % (LINES_AT_ONCE * 20) == LINES_AT_ONCE * 20 - 1 then time.sleep(0) end
    if without_codes(view.rows[i]):lower():find(view.search, 1, true) then return i end
  end
end

local function search(view, from)
  local found = find_from(view, from)
  view.found = found
  if found then
    go_to(view, found)
  else
    view.notice = "not found"
  end
end

local function ask_search(view)
  local client = view.client
  client:send(("\27[%d;1H\27[K"):format(client.term.height))
  local line = client:read_line { prompt = "Search for: ", max = 60 }
  if line and line ~= "" then
    view.search = line:lower()
    search(view, view.top)
  end
end

local function rewrap(view)
  local share = (view.top - 1) / math.max(#view.rows, 1)
  view.rows = wrap(view.text, view.client.term.width - 1)
  go_to(view, math.floor(share * #view.rows) + 1)
end

local STEPS <const> = { down = 1, enter = 1, up = -1 }
local PAGES <const> = { space = 1, page_down = 1, page_up = -1, b = -1 }

local function turn(view, key)
  local lower = key:lower()
  if STEPS[key] then
    go_to(view, view.top + STEPS[key])
  elseif PAGES[lower] then
    go_to(view, view.top + PAGES[lower] * page_rows(view.client))
  elseif key == "home" then
    go_to(view, 1)
  elseif key == "end" then
    go_to(view, #view.rows)
  elseif key == "/" then
    ask_search(view)
  elseif lower == "n" and view.search then
    search(view, (view.found or view.top) + 1)
  elseif key == "resize" then
    rewrap(view)
  elseif key ~= "ctrl_l" then
    return false
  end
  return true
end

-- client:pager(text): colour codes are kept, everything else that is no text is taken out.
-- Waits.
function methods.pager(client, s)
  s = tostring(s)
  local rows = wrap(s, math.max(client.term.width - 1, 10))
  if not client.term.ansi or client.term.linear then
    page_plain(client, rows)
    return
  end
  local view = { client = client, text = s, rows = rows, top = 1 }
  draw(view)
  while true do
    local key, said = client:read_key { resize = true, tells = true }
    if key == "tell" then
      view.notice = said
      draw(view)
    end
    if key == "escape" or key:lower() == "q" then break end
    if turn(view, key) then draw(view) end
  end
  client:clear()
end
