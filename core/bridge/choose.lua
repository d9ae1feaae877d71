-- choose.lua -- client:choose: one of a list, with a bar that the arrows move; a list with
-- numbers where there is no cursor to move.
local text = require "bbs.text"
local methods = client_methods

local BAR <const> = "\27[0;1;37;44m"
local DIM <const> = "\27[0;1;30m"
local PLAIN <const> = "\27[0m"
local FRAME <const> = 4 -- rows beside the list: a title, a place, and a blank one below each

-- What handlers give, as { index =, text =, key =, disabled = }, less what is for others.
local function shown_items(client, items)
  local shown = {}
  for i, item in ipairs(items) do
    if type(item) ~= "table" then item = { text = item } end
    if type(item.text) ~= "string" and type(item.text) ~= "number" then
      error(("choose: item %d has no text"):format(i), 3)
    end
    if client.level >= (item.level or 0) then
      shown[#shown + 1] = {
        index = i,
        text = text.strip(tostring(item.text)):gsub("\n", " "),
        key = item.key and tostring(item.key):lower(),
        disabled = item.disabled,
      }
    end
  end
  return shown
end

-- --- a list with numbers ---

local function send_numbered(client, shown, from, to)
  for i = from, to do
    local item = shown[i]
    local mark = item.disabled and "  -  " or ("%3d. "):format(i)
    client:send((mark .. item.text):gsub("|", "||") .. "\n")
  end
end

local function choose_number(client, shown, title)
  local rows = math.max(client.term.height - 3, 5)
  local from = 1
  client:send("\n" .. title .. "\n")
  while true do
    local to = math.min(from + rows - 1, #shown)
    local more = to < #shown and "Enter: more, " or ""
    send_numbered(client, shown, from, to)
    local line = client:read_line { prompt = ("Number (%sQ: leave): "):format(more), max = 6 }
    local item = shown[math.tointeger(tonumber(line)) or 0]
    if not line or line:lower() == "q" then return nil end
    if line == "" and more ~= "" then
      from = to + 1
    elseif item and not item.disabled then
      return item.index
    elseif line ~= "" then
      client:tell("There is no such number.")
    end
  end
end

-- --- the bar ---

-- The next that can be chosen, from `at` in steps of 1 or -1; `at` itself where there is none.
local function next_open(shown, at, step)
  local i = at + step
  while shown[i] and shown[i].disabled do i = i + step end
  return shown[i] and i or at
end

local function first_open(shown)
  return next_open(shown, 0, 1)
end

local function row_of(list, i)
  return i - list.top + 3
end

local function draw_item(client, list, i)
  local item = list.shown[i]
  local pen = i == list.at and BAR or item.disabled and DIM or PLAIN
  local label = (item.key and item.key:upper() .. "  " or "") .. item.text
  client:send(("\27[%d;3H%s %s %s"):format(row_of(list, i), pen,
    text.pad(label, list.columns):gsub("|", "||"), PLAIN))
end

local function draw_place(client, list)
  local place = ("%d of %d"):format(list.at, #list.shown)
  client:send(("\27[%d;3H|08%s   arrows, Enter takes, Esc leaves|07\27[K"):format(
    client.term.height, text.pad(place, 12)))
end

local function last_row(list)
  return math.min(list.top + list.rows - 1, #list.shown)
end

local function draw_all(client, list)
  local width = 10
  for _, item in ipairs(list.shown) do width = math.max(width, text.width(item.text) + 4) end
  list.columns = math.max(math.min(width, client.term.width - 8), 5)
  list.rows = math.max(client.term.height - FRAME, 1)
  list.top = math.max(math.min(list.top, list.at), list.at - list.rows + 1)
  list.has_notice = false
  client:clear()
  client:send(("\27[1;3H|15%s|07"):format(text.cut(list.title, client.term.width - 4)))
  for i = list.top, last_row(list) do draw_item(client, list, i) end
  draw_place(client, list)
end

-- In the bottom row, until a key is pressed.
local function draw_notice(client, list, said)
  local shown = text.cut(said, client.term.width - 4):gsub("|", "||")
  client:send(("\27[%d;3H|14%s|07\27[K"):format(client.term.height, shown))
  list.has_notice = true
end

local function move(client, list, to)
  local from = list.at
  local item = to ~= from and list.shown[to]
  if not item or item.disabled then return end
  list.at = to
  if to < list.top or to > last_row(list) then
    list.top = to < list.top and to or to - list.rows + 1
    draw_all(client, list)
  else
    draw_item(client, list, from)
    draw_item(client, list, to)
    draw_place(client, list)
  end
end

-- The item of a key; without keys the next one that begins with it.
local function find_by_key(list, key)
  local shown = list.shown
  for i, item in ipairs(shown) do
    if item.key == key and not item.disabled then return i, true end
  end
  for n = 1, #shown do
    local i = (list.at + n - 1) % #shown + 1
    local begins = shown[i].text:sub(1, #key):lower() == key
    if not shown[i].key and begins and not shown[i].disabled then return i end
  end
end

local function target(list, key)
  local shown, at = list.shown, list.at
  if key == "up" or key == "backtab" then return next_open(shown, at, -1) end
  if key == "down" or key == "tab" then return next_open(shown, at, 1) end
  if key == "home" then return first_open(shown) end
  if key == "end" then return next_open(shown, #shown + 1, -1) end
  if key == "page_up" then return next_open(shown, math.max(at - list.rows - 1, 0), 1) end
  if key == "page_down" then
    return next_open(shown, math.min(at + list.rows, #shown) + 1, -1)
  end
end

local function choose_by_bar(client, shown, title)
  local list = { shown = shown, at = first_open(shown), top = 1, title = title }
  if list.at == 0 then list.at = 1 end
  draw_all(client, list)
  while true do
    local key, said
    repeat
      key, said = client:read_key { resize = true, tells = true }
      if key == "tell" then draw_notice(client, list, said) end
    until key ~= "tell"
    if list.has_notice then draw_all(client, list) end
    local found, at_once = find_by_key(list, key:lower())
    if key == "enter" and not shown[list.at].disabled then return shown[list.at].index end
    if key == "escape" then return nil end
    if key == "resize" or key == "ctrl_l" then
      draw_all(client, list)
    elseif at_once then
      return shown[found].index
    else
      move(client, list, target(list, key) or found)
    end
  end
end

-- client:choose(items, {title=}) -> the number of an item and the item, or nil for Esc. An item
-- is a text or { text=, key=, level=, disabled= }.  Waits.
function methods.choose(client, items, options)
  local shown = shown_items(client, items)
  local title = text.strip(tostring(options and options.title or "Choose")):gsub("|", "||")
  if #shown == 0 then return nil end
  local is_drawn = client.term.ansi and not client.term.linear
  local index = (is_drawn and choose_by_bar or choose_number)(client, shown, title)
  if is_drawn then client:clear() end
  if index then return index, items[index] end
end
