-- editor.lua -- client:edit: a full-screen editor for messages, and one by lines where there is
-- no cursor to move. A text is a list of paragraphs; how they are wrapped is only how they are
-- shown, so that each reader's window wraps them anew.
local account = require "core.files".account
local db = require "bbs.db"
local text = require "bbs.text"
local time = require "bbs.time"
local methods = client_methods

local COLUMNS <const> = 79
local MAX_BYTES <const> = 16384
local MAX_LINES <const> = 500
local FEW_LINES <const> = 20
local FEW_BYTES <const> = 500
local SAVE_SECONDS <const> = 10
local TOLD_SECONDS <const> = 10
local PASTED_AT_ONCE <const> = 50 -- lines
local TAB <const> = 8

local HELP <const> = {
  { "Arrows, Home, End, PgUp, PgDn", "move" },
  { "Insert, or Ctrl-V", "insert, or type over" },
  { "Backspace, Delete", "a character; at its edge lines are joined" },
  { "Ctrl-K", "cut this line; again for more" },
  { "Ctrl-U", "paste what was cut" },
  { "Ctrl-Y", "delete this line" },
  { "Ctrl-R", "quote the text that is answered" },
  { "Ctrl-F, then Ctrl-N", "find a word, and find it again" },
  { "Ctrl-L", "draw the screen anew" },
  { "Ctrl-Z, or F2", "save" },
  { "Esc", "save, abort, or go on" },
}

-- --- drafts ---

local function load_draft(client, name)
  if not name or client.user_id == "GUEST" then return nil end
  return db.row([[SELECT d.text, d.saved_at FROM drafts d JOIN users u ON u.id = d.user
    WHERE u.handle = ? AND d.name = ?]], client.user_id, name)
end

local function save_draft(e)
  if not e.draft or not e.user or e.saved == e.changes then return end
  e.saved, e.saved_at = e.changes, time.now()
  db.run([[INSERT INTO drafts (user, name, text, saved_at)
    SELECT id, ?2, ?3, ?4 FROM users WHERE id = ?1
    ON CONFLICT (user, name) DO UPDATE SET text = excluded.text, saved_at = excluded.saved_at]],
    e.user, e.draft, table.concat(e.paras, "\n"), math.floor(time.now()))
end

local function drop_draft(user, name)
  if not name or not user then return end
  db.run("DELETE FROM drafts WHERE name = ? AND user = ?", name, user)
end

-- The draft, if there is one and the caller wants it; else `s`.
local function offer_draft(client, s, name)
  local draft = load_draft(client, name)
  if not draft then return s, false end
  client:send(("\n|07You were writing this %s ago; the line dropped.\n"):format(
    time.ago(draft.saved_at)))
  if client:confirm("Go on with it?", true) then return draft.text, true end
  drop_draft(account(client), name)
  return s, false
end

-- --- paragraphs ---

local function split(s)
  local paras = {}
  for para in (s .. "\n"):gmatch "(.-)\n" do paras[#paras + 1] = para end
  return paras
end

-- The characters of `s`: where each begins, from 0, and itself.
local function characters(s)
  return s:gmatch "()([\0-\x7F\xC2-\xFD][\x80-\xBF]*)"
end

-- Where the rows of a paragraph begin, as offsets in it. Blanks hang over the edge.
local function layout(s, columns)
  if #s <= columns then return { 0 } end
  local starts, column, row, after_blank = { 0 }, 0, 0, nil
  for at, ch in characters(s) do
    local width = #ch == 1 and 1 or text.width(ch)
    if ch ~= " " and column + width > columns then
      row = after_blank and after_blank > row and after_blank or at - 1
      starts[#starts + 1] = row
      column = text.width(s:sub(row + 1, at - 1))
    end
    column = column + width
    if ch == " " then after_blank = at end
  end
  return starts
end

local function rows_of(e, i)
  return e.layouts[i]
end

local function change(e, i, s)
  e.bytes = e.bytes + #s - #e.paras[i]
  e.paras[i] = s
  e.layouts[i] = layout(s, e.columns)
  e.changes = e.changes + 1
end

local function add_para(e, i, s)
  table.insert(e.paras, i, s)
  table.insert(e.layouts, i, layout(s, e.columns))
  e.bytes = e.bytes + #s + 1
  e.changes = e.changes + 1
end

local function remove_para(e, i)
  e.bytes = e.bytes - #e.paras[i] - 1
  table.remove(e.paras, i)
  table.remove(e.layouts, i)
  e.changes = e.changes + 1
end

local function lay_out_all(e)
  e.layouts = {}
  for i = 1, #e.paras do
    e.layouts[i] = layout(e.paras[i], e.columns)
    if i % 100 == 0 then time.sleep(0) end
  end
end

local function line_count(e)
  local n = 0
  for i = 1, #e.paras do n = n + #rows_of(e, i) end
  return n
end

-- The row of the paragraph in which an offset stands.
local function row_at(starts, at)
  local row = #starts
  while row > 1 and starts[row] > at do row = row - 1 end
  return row
end

-- The line of the whole text in which the cursor is, and where it begins and ends.
local function cursor_line(e)
  local line = 0
  for i = 1, e.para - 1 do line = line + #rows_of(e, i) end
  local starts = rows_of(e, e.para)
  local row = row_at(starts, e.at)
  return line + row, starts[row], starts[row + 1] or #e.paras[e.para]
end

-- The paragraph and the row in it of a line of the whole text.
local function find_line(e, line)
  for i = 1, #e.paras do
    local n = #rows_of(e, i)
    if line <= n then return i, line end
    line = line - n
  end
end

local function line_text(e, i, row)
  local starts = rows_of(e, i)
  return e.paras[i]:sub(starts[row] + 1, starts[row + 1] or #e.paras[i])
end

-- --- drawing: what differs from what is shown is sent ---

local function pen_of(s)
  return s:sub(1, 1) == ">" and "\27[0;36m" or "\27[0m"
end

-- What `a` and `b` begin with alike, whole characters.
local function common(a, b)
  local n = 0
  local most = math.min(#a, #b)
  while n < most and a:byte(n + 1) == b:byte(n + 1) do n = n + 1 end
  while n > 0 and n < #b and b:byte(n + 1) & 0xC0 == 0x80 do n = n - 1 end
  return n
end

local function show_row(e, row, s)
  local old = e.shown[row]
  if old == s then return "" end
  local from = old and pen_of(old) == pen_of(s) and common(old, s) or 0
  e.shown[row] = s
  return ("\27[%d;%dH%s%s\27[0m\27[K"):format(row, text.width(s:sub(1, from)) + 1, pen_of(s),
    (s:sub(from + 1):gsub("|", "||")))
end

local function left(e, lines)
  if e.max_lines - lines <= FEW_LINES then return (e.max_lines - lines) .. " lines left" end
  if e.max_bytes - e.bytes <= FEW_BYTES then return (e.max_bytes - e.bytes) .. " bytes left" end
  return ""
end

local function header(e, line, lines)
  local place = ("line %d of %d"):format(line, lines)
  local state = e.overwrites and "over" or "insert"
  local s = (" %s  %s  %s  %s"):format(e.title, place, state, left(e, lines))
  return text.pad(s, e.width - 1)
end

local function bar(e, row, s)
  if e.shown[row] == s then return "" end
  e.shown[row] = s
  return ("\27[%d;1H|15|17%s|07|16"):format(row, (s:gsub("|", "||")))
end

-- What somebody has said stays for a while, whatever is typed.
local function footer(e)
  if e.told and time.now() > e.told_at + TOLD_SECONDS then e.told = nil end
  local shown = e.notice or e.told or "Ctrl-Z save   Esc leave   Ctrl-G help"
  return text.pad(" " .. shown, e.width - 1)
end

local function scroll_to(e, line)
  if line < e.top then e.top = line end
  if line >= e.top + e.rows then e.top = line - e.rows + 1 end
end

local function next_row(e, i, row)
  if not i then return nil end
  if row < #rows_of(e, i) then return i, row + 1 end
  return e.paras[i + 1] and i + 1, 1
end

local function draw(e)
  local line, from = cursor_line(e)
  local lines = line_count(e)
  scroll_to(e, line)
  local out = { bar(e, 1, header(e, line, lines)) }
  local i, row = find_line(e, e.top)
  for n = 1, e.rows do
    local s = i and text.cut(line_text(e, i, row), e.columns):gsub(" +$", "") or ""
    out[#out + 1] = show_row(e, n + 1, s)
    i, row = next_row(e, i, row)
  end
  out[#out + 1] = bar(e, e.height, footer(e))
  local before = text.width(e.paras[e.para]:sub(from + 1, e.at))
  out[#out + 1] = ("\27[%d;%dH"):format(line - e.top + 2, math.min(before, e.columns) + 1)
  e.client:send(table.concat(out))
  e.notice = nil
end

local function draw_anew(e)
  e.client:clear()
  e.shown = {}
end

local function take_window(e)
  local term = e.client.term
  e.width, e.height = term.width, term.height
  e.columns = math.max(math.min(e.wanted_columns, term.width - 1), 10)
  e.rows = math.max(term.height - 2, 1)
  lay_out_all(e)
  draw_anew(e)
end

-- --- changes ---

local function refuse(e, why)
  e.notice = why
  e.client:send "\7"
  return false
end

local function has_room(e, bytes)
  return e.bytes + bytes <= e.max_bytes or refuse(e, "There is no room for more.")
end

-- A character behind `at`, or before it.
local function next_at(s, at)
  local to = utf8.offset(s, 2, at + 1)
  return to and to - 1 or #s
end

local function previous_at(s, at)
  return at > 0 and utf8.offset(s, -1, at + 1) - 1 or 0
end

local function insert(e, s)
  local para = e.paras[e.para]
  local behind = e.at
  if e.overwrites then
    for _ in characters(s) do behind = next_at(para, behind) end
  end
  if not has_room(e, #s - (behind - e.at)) then return false end
  change(e, e.para, para:sub(1, e.at) .. s .. para:sub(behind + 1))
  if line_count(e) > e.max_lines then
    change(e, e.para, para)
    return refuse(e, "There is no room for more lines.")
  end
  e.at = e.at + #s
  return true
end

local function break_line(e)
  if line_count(e) >= e.max_lines then return refuse(e, "There is no room for more lines.") end
  if not has_room(e, 1) then return false end
  local para = e.paras[e.para]
  change(e, e.para, para:sub(1, e.at))
  add_para(e, e.para + 1, para:sub(e.at + 1))
  e.para, e.at = e.para + 1, 0
  return true
end

-- A text of any length: as much as there is room for.
local function insert_text(e, s)
  local overwrites, n = e.overwrites, 0
  e.overwrites = false
  for para, line_end in text.strip(s):gmatch "([^\n]*)(\n?)" do
    local ok = para == "" or insert(e, para)
    if not ok or (line_end ~= "" and not break_line(e)) then break end
    n = n + 1
    if n % PASTED_AT_ONCE == 0 then time.sleep(0) end
  end
  e.overwrites = overwrites
end

local function join_next(e)
  local s = e.paras[e.para] .. e.paras[e.para + 1]
  remove_para(e, e.para + 1)
  change(e, e.para, s)
end

local function delete(e)
  local para = e.paras[e.para]
  if e.at < #para then
    change(e, e.para, para:sub(1, e.at) .. para:sub(next_at(para, e.at) + 1))
  elseif e.paras[e.para + 1] then
    join_next(e)
  end
end

local function backspace(e)
  if e.at == 0 and e.para == 1 then return end
  if e.at > 0 then
    e.at = previous_at(e.paras[e.para], e.at)
  else
    e.para = e.para - 1
    e.at = #e.paras[e.para]
  end
  delete(e)
end

-- The line of the cursor goes; what it was.
local function take_line(e)
  local _, from, to = cursor_line(e)
  local para = e.paras[e.para]
  local is_last = to == #para
  local taken = para:sub(from + 1, to)
  if is_last and from == 0 and #e.paras > 1 then
    remove_para(e, e.para)
    e.para = math.min(e.para, #e.paras)
    e.at = 0
    return taken .. "\n"
  end
  change(e, e.para, para:sub(1, from) .. para:sub(to + 1))
  e.at = from
  return taken
end

local function cut(e)
  local taken = take_line(e)
  e.cut = (e.was_cut and e.cut or "") .. taken
  e.is_cut = true
end

-- --- moving ---

-- The offset in a row that is nearest to a column.
local function offset_at(e, i, row, column)
  local starts, para = rows_of(e, i), e.paras[i]
  local at, is = starts[row], 0
  local last = starts[row + 1] and previous_at(para, starts[row + 1]) or #para
  while at < last do
    local to = next_at(para, at)
    is = is + text.width(para:sub(at + 1, to))
    if is > column then break end
    at = to
  end
  return at
end

local function move_lines(e, n)
  local line, from = cursor_line(e)
  local column = e.column or text.width(e.paras[e.para]:sub(from + 1, e.at))
  local to = math.max(1, math.min(line + n, line_count(e)))
  local i, row = find_line(e, to)
  e.para, e.at = i, offset_at(e, i, row, column)
  e.keeps_column = column
end

local function right(e)
  local para = e.paras[e.para]
  if e.at < #para then
    e.at = next_at(para, e.at)
  elseif e.paras[e.para + 1] then
    e.para, e.at = e.para + 1, 0
  end
end

local function go_left(e)
  if e.at > 0 then
    e.at = previous_at(e.paras[e.para], e.at)
  elseif e.para > 1 then
    e.para = e.para - 1
    e.at = #e.paras[e.para]
  end
end

local function home(e)
  local _, from = cursor_line(e)
  e.at = from
end

local function to_end(e)
  local _, from, to = cursor_line(e)
  local para = e.paras[e.para]
  e.at = to < #para and to > from and previous_at(para, to) or to
end

-- --- questions in the last row ---

local function ask(e, question)
  e.client:send(("\27[%d;1H|15|17%s|07|16\27[%d;%dH"):format(e.height,
    text.pad(" " .. question, e.width - 1), e.height, text.width(question) + 3))
  e.shown[e.height] = nil
  return e.client:read_key():lower()
end

local function ask_line(e, question)
  e.client:send(("\27[%d;1H\27[K"):format(e.height))
  local line = e.client:read_line { prompt = question, max = 60 }
  draw_anew(e) -- Enter has moved the cursor
  return line
end

-- --- finding ---

local function find_in(s, word, from)
  local at = s:lower():find(word, from + 1, true)
  return at and at - 1
end

local function find_next(e)
  if not e.word then return end
  for n = 0, #e.paras do
    local i = (e.para + n - 1) % #e.paras + 1
    local at = find_in(e.paras[i], e.word, n == 0 and next_at(e.paras[i], e.at) or 0)
    if at then
      e.para, e.at = i, at
      return
    end
  end
  e.notice = "Not found."
end

local function find(e)
  local word = ask_line(e, "Find: ")
  if not word or word == "" then return end
  e.word = word:lower()
  find_next(e)
end

-- --- quoting: a window with the text that is answered ---

local function quote_lines(e)
  local lines = {}
  for _, para in ipairs(split(text.strip(e.quote))) do
    local wrapped = text.wrap(para, (e.columns or e.wanted_columns) - 2)
    if #wrapped == 0 then wrapped = { "" } end
    for _, line in ipairs(wrapped) do lines[#lines + 1] = "> " .. line end
  end
  return lines
end

local function draw_quote(e, lines, at)
  local rows = e.rows
  local top = math.max(1, math.min(at - rows // 2, #lines - rows + 1))
  local out = { bar(e, 1, text.pad(" Quote: Enter this line, A all from here, Esc back",
    e.width - 1)) }
  for n = 1, rows do
    local i = top + n - 1
    local pen = i == at and "\27[0;1;37;44m" or "\27[0;36m"
    out[#out + 1] = ("\27[%d;1H%s%s\27[0m\27[K"):format(n + 1, pen,
      (text.cut(lines[i] or "", e.columns):gsub("|", "||")))
  end
  e.client:send(table.concat(out))
end

local function insert_line(e, line)
  insert_text(e, line .. "\n")
end

local function quote(e)
  if not e.quote then
    e.notice = "There is nothing to quote here."
    return
  end
  local lines, at = quote_lines(e), 1
  if e.at > 0 then break_line(e) end
  draw_anew(e)
  while at <= #lines do
    draw_quote(e, lines, at)
    local key = e.client:read_key():lower()
    if key == "escape" or key == "q" then break end
    if key == "down" then at = math.min(at + 1, #lines) end
    if key == "up" then at = math.max(at - 1, 1) end
    if key == "enter" or key == "space" then
      insert_line(e, lines[at])
      at = at + 1
    elseif key == "a" then
      while at <= #lines do
        insert_line(e, lines[at])
        at = at + 1
      end
    end
  end
  draw_anew(e)
end

-- --- leaving ---

local function help(e)
  local out = { "|03The editor's keys|07\n" }
  for _, line in ipairs(HELP) do
    out[#out + 1] = ("|15%s |07%s"):format(text.pad(line[1], 31), line[2])
  end
  e.client:pager(table.concat(out, "\n"))
  draw_anew(e)
end

-- Whoever takes the text has a say, while the draft still has it.
local function offer(e)
  if not e.accept then
    e.is_over = true
    return
  end
  save_draft(e)
  local is_taken, para, why = e.accept(table.concat(e.paras, "\n"), e.from_draft)
  e.is_over, e.is_taken, e.is_aborted = is_taken ~= false, is_taken, is_taken == nil
  if e.is_over then return end
  e.para, e.at = math.max(1, math.min(para or e.para, #e.paras)), 0
  e.told, e.told_at = why and text.strip(why), time.now()
end

local function save(e)
  offer(e)
  if not e.is_over then take_window(e) end
end

local function abort(e)
  local is_changed = e.changes > e.unchanged
  if is_changed and ask(e, "Throw away what you have written? (y/N)") ~= "y" then return end
  e.is_over, e.is_aborted = true, true
end

local function leave(e)
  local key = ask(e, "S saves, A aborts, H is help; any other key goes on")
  if key == "s" then save(e) elseif key == "a" then abort(e) elseif key == "h" then help(e) end
end

local function tab(e)
  local _, from = cursor_line(e)
  local column = text.width(e.paras[e.para]:sub(from + 1, e.at))
  insert(e, (" "):rep(TAB - column % TAB))
end

local KEYS <const> = {
  up = function(e) move_lines(e, -1) end,
  down = function(e) move_lines(e, 1) end,
  page_up = function(e) move_lines(e, -e.rows) end,
  page_down = function(e) move_lines(e, e.rows) end,
  left = go_left,
  right = right,
  home = home,
  ["end"] = to_end,
  enter = break_line,
  backspace = backspace,
  delete = delete,
  tab = tab,
  space = function(e) insert(e, " ") end,
  insert = function(e) e.overwrites = not e.overwrites end,
  ctrl_v = function(e) e.overwrites = not e.overwrites end,
  ctrl_k = cut,
  ctrl_u = function(e) insert_text(e, e.cut or "") end,
  ctrl_y = take_line,
  ctrl_r = quote,
  ctrl_f = find,
  ctrl_n = find_next,
  ctrl_g = help,
  f1 = help,
  f2 = save,
  f3 = find_next,
  ctrl_z = save,
  escape = leave,
  resize = take_window,
  ctrl_l = draw_anew,
}

local function take_key(e, key, pasted)
  e.is_cut, e.keeps_column = false, nil
  if key == "paste" then
    insert_text(e, pasted)
  elseif key == "tell" then
    e.told, e.told_at = pasted, time.now()
  elseif KEYS[key] then
    KEYS[key](e)
  elseif utf8.len(key) == 1 then
    insert(e, key)
  end
  e.was_cut, e.column = e.is_cut, e.keeps_column
end

local function edit_screen(e)
  take_window(e)
  while not e.is_over do
    draw(e)
    local key, pasted = e.client:read_key {
      timeout = SAVE_SECONDS, paste = true, resize = true, tells = true,
    }
    if key then take_key(e, key, pasted) end
    if time.now() - e.saved_at >= SAVE_SECONDS then save_draft(e) end
  end
  e.client:clear()
end

-- --- by lines ---

local LINE_HELP <const> = [[
Type line after line. A line that is one of these does something else:
  /s or .   save           /a      abort
  /l        list           /e 3    write line 3 anew
  /i 3      insert before line 3   /d 3    delete line 3
  /q        quote          /h      this help
]]

local function send_line(e, i)
  e.client:send(("%3d: %s\n"):format(i, (e.paras[i]:gsub("|", "||"))))
end

local function read_paragraph(e, i)
  return e.client:read_line { prompt = ("%3d: "):format(i), max = 1000 }
end

local function put_line(e, i, line)
  if e.bytes + #line + 1 > e.max_bytes or #e.paras >= e.max_lines then
    e.client:send "There is no room for more: /s saves.\n"
    return
  end
  table.insert(e.paras, i, line)
  e.bytes = e.bytes + #line + 1
  e.changes = e.changes + 1
  local lines_left = e.max_lines - #e.paras
  if lines_left <= FEW_LINES and lines_left % 5 == 0 then
    e.client:send(lines_left .. " lines left.\n")
  end
end

local function take_out(e, i)
  e.bytes = e.bytes - #e.paras[i] - 1
  e.changes = e.changes + 1
  table.remove(e.paras, i)
end

local function save_lines(e)
  offer(e)
  if e.is_over then return end
  e.client:send((e.told or "Not saved."):gsub("|", "||") .. "\n")
  if e.paras[e.para] then send_line(e, e.para) end
end

local LINE_COMMANDS <const> = {
  s = save_lines,
  h = function(e) e.client:send(LINE_HELP) end,
  l = function(e) for i = 1, #e.paras do send_line(e, i) end end,
  a = function(e)
    local is_changed = e.changes > e.unchanged
    if is_changed and not e.client:confirm("Throw away what you have written?", false) then
      return
    end
    e.is_over, e.is_aborted = true, true
  end,
  q = function(e)
    if not e.quote then e.client:send "There is nothing to quote here.\n" return end
    for _, line in ipairs(quote_lines(e)) do
      put_line(e, #e.paras + 1, line)
      send_line(e, #e.paras)
    end
  end,
  d = function(e, i) take_out(e, i) end,
  e = function(e, i)
    send_line(e, i)
    local line = read_paragraph(e, i)
    if not line then return end
    take_out(e, i)
    put_line(e, i, line)
  end,
  i = function(e, i)
    local line = read_paragraph(e, i)
    if line then put_line(e, i, line) end
  end,
}

local NUMBERED <const> = { d = true, e = true, i = true }

local function take_typed(e, line)
  local command, number = line:match "^//?(%a) ?(%d*)$"
  local f = command and LINE_COMMANDS[command:lower()]
  if line == "." then
    save_lines(e)
  elseif not f then
    put_line(e, #e.paras + 1, line)
  elseif NUMBERED[command:lower()] and not e.paras[tonumber(number)] then
    e.client:send("Which line? As in /" .. command .. " 3\n")
  else
    f(e, tonumber(number))
  end
end

local function edit_lines(e)
  if #e.paras == 1 and e.paras[1] == "" then e.paras = {} end
  e.client:send(("\n%s\nA line with just a dot saves, /h is help.\n"):format(e.title))
  if e.told then e.client:send(e.told:gsub("|", "||") .. "\n") end
  LINE_COMMANDS.l(e)
  while not e.is_over do
    local line = read_paragraph(e, #e.paras + 1)
    if line then take_typed(e, line) else LINE_COMMANDS.a(e) end
    if time.now() - e.saved_at >= SAVE_SECONDS then save_draft(e) end
  end
end

-- --- the method ---

local function new(client, s, options)
  local paras = split(text.strip(tostring(s or ""):gsub("\r\n?", "\n")))
  return {
    client = client,
    user = account(client), -- by number: the handle may be another when it is saved
    paras = paras,
    para = 1,
    at = 0,
    top = 1,
    bytes = #table.concat(paras, "\n"),
    changes = 0,
    saved = 0,
    unchanged = 0,
    saved_at = time.now(),
    shown = {},
    layouts = {},
    title = text.strip(options.title or "Your text"),
    wanted_columns = options.columns or COLUMNS,
    max_bytes = options.max_bytes or MAX_BYTES,
    max_lines = options.max_lines or MAX_LINES,
    quote = options.quote,
    draft = options.draft,
    accept = options.accept,
    told = options.notice and text.strip(options.notice),
    told_at = time.now(),
  }
end

-- The caller has gone: what nobody has taken or thrown away is kept.
local function keep_draft(e, why)
  if e.is_taken or e.is_aborted then
    drop_draft(e.user, e.draft)
  else
    save_draft(e)
  end
  error(why, 0)
end

-- client:edit(text, {title=, quote=, draft=, accept=, notice=, max_bytes=, max_lines=,
-- columns=}) -> the text, paragraphs with line ends between, or nil if the caller has thrown it
-- away. With `draft`, a name, what was written when the line dropped is offered at the next
-- call. With `accept`, a function, accept(text, is_draft) is called when the caller saves: true
-- takes it, nil throws it away, false and perhaps the number of a paragraph and a notice go on.
-- Waits.
function methods.edit(client, s, options)
  options = options or {}
  local from_draft
  s, from_draft = offer_draft(client, s, options.draft)
  local e = new(client, s, options)
  e.from_draft = from_draft
  if from_draft then e.unchanged = -1 end -- to abort is to throw it away
  local is_drawn = client.term.ansi and not client.term.linear
  local ok, why = pcall(is_drawn and edit_screen or edit_lines, e)
  if not ok then keep_draft(e, why) end
  ok, why = pcall(drop_draft, e.user, options.draft)
  if not ok then
    e.saved = -1 -- it may be dropped already, and the handler does not get the text
    keep_draft(e, why)
  end
  if e.is_aborted then return nil end
  return table.concat(e.paras, "\n")
end
