-- board.lua -- bbs.board: the board's own files, for sysops on line: what there is, reading,
-- looking for mistakes before a text is saved, saving, kept versions. Screens and Lua; what is
-- saved is loaded as any save is.
local account = require "core.files".account
local core = require "core.board"
local db = require "bbs.db"
local settings = require "bbs.settings"
local text = require "bbs.text"
local time = require "bbs.time"

local board = {}

local BOM <const> = "\xEF\xBB\xBF"
-- What a tab is shown as, the first of them that is not in the file: a >>, an arrow, a hook.
local TAB_MARKS <const> = { "\u{BB}", "\u{2192}", "\u{AC}" }
local LINES_MOST <const> = 4000
local BYTES_MOST <const> = 128 * 1024
local LISTED_AT_ONCE <const> = 500
local LINES_AT_ONCE <const> = 50
local END_OF_ART <const> = "\x1A"

local function must_be_sysop(client)
  if client.level < settings.levels.sysop then
    error(("board: for sysops, and the caller has level %d"):format(client.level), 3)
  end
end

-- One at a time: a check takes the time of a thread that others need, and what is compared and
-- then saved is nobody else's in between.
local turns = {}

local function take_turn(what)
  while turns[what] do time.sleep(0.05) end
  turns[what] = true
  return setmetatable({}, { __close = function() turns[what] = nil end })
end

-- --- what there is ---

-- The files that a report names, each with the first line about it.
local function files_of(report)
  local found = {}
  for line in report:gmatch "[^\n]+" do
    local path = line:match "^([^:]+):%d"
    if path and not found[path] then found[path] = line end
  end
  return found
end

-- board.files(client, [search]) -> { { path=, size=, changed=, mistake= }, ... } in the order
-- of their paths; `changed` is Unix seconds, `mistake` what is wrong with it now.  Waits.
function board.files(client, search)
  must_be_sysop(client)
  local lines, why = core.list()
  if not lines then return nil, why end
  local mistakes, files, n = files_of(core.mistakes()), {}, 0
  for size, changed, path in lines:gmatch "(%d+) (%d+) ([^\n]+)\n" do
    n = n + 1
    if n % LISTED_AT_ONCE == 0 then time.sleep(0) end
    if not search or path:find(search, 1, true) then
      files[#files + 1] = {
        path = path, size = tonumber(size), changed = tonumber(changed),
        mistake = mistakes[path],
      }
    end
  end
  return files
end

-- board.name(client, path) -> true, or nil and why no file can be of that path.  Waits.
function board.name(client, path)
  must_be_sysop(client)
  local ok, why = core.name(path)
  return ok and true, why
end

-- board.read(client, path) -> its bytes, false: it is not there, or nil and why not.  Waits.
function board.read(client, path)
  must_be_sysop(client)
  return core.read(path)
end

-- board.decode(bytes) -> the text of a drawing, without its colours
function board.decode(bytes)
  return core.decode((bytes:gsub(END_OF_ART .. ".*", "")))
end

-- --- mistakes ---

-- What perigee check says: findings, and hints.
local function take_report(report)
  local findings, hints = {}, {}
  for line in report:gmatch "[^\n]+" do
    local hint = line:match "^hint: (.*)"
    if hint then
      hints[#hints + 1] = hint
    elseif not line:find "^%d+ findings?, %d+ hint" and line ~= "no findings" then
      findings[#findings + 1] = line
    end
  end
  return findings, hints
end

local function set_of(list)
  local set = {}
  for _, line in ipairs(list) do set[line] = true end
  return set
end

-- Of `now`, what is about the file, and then what was not wrong `before`.
local function caused_by(path, now, before)
  local old, own, others = set_of(before), {}, {}
  for _, line in ipairs(now) do
    if line:sub(1, #path + 1) == path .. ":" then
      own[#own + 1] = line
    elseif not old[line] then
      others[#others + 1] = line
    end
  end
  return table.move(others, 1, #others, #own + 1, own)
end

-- board.check_all(client) -> findings, hints: two lists of lines, as `perigee check` has
-- them; or nil and why it can't be looked at.  Waits.
function board.check_all(client)
  must_be_sysop(client)
  local _turn <close> = take_turn "check"
  local report, why = core.check()
  if not report then return nil, why end
  return take_report(report)
end

-- board.check(client, path, bytes) -> findings, hints: of that file if it were saved so, and
-- what would be wrong elsewhere by that.  Waits.
function board.check(client, path, bytes)
  must_be_sysop(client)
  local _turn <close> = take_turn "check"
  local before, why = core.check()
  local now = before
  if before then now, why = core.check(path, bytes) end
  if not now then return nil, why end
  local old_findings, old_hints = take_report(before)
  local findings, hints = take_report(now)
  return caused_by(path, findings, old_findings), caused_by(path, hints, old_hints)
end

-- board.explain(client, keyword, handle, [term]) -> what `perigee explain` says: why that
-- account ("guest": nobody's) sees a screen or does not, on a terminal as client.term; or nil
-- and why not.  Waits.
function board.explain(client, keyword, handle, term)
  must_be_sysop(client)
  local _turn <close> = take_turn "explain"
  local words = {}
  if term then
    words[1] = ("--size=%dx%d"):format(math.max(20, math.min(term.width, 255)),
      math.max(10, math.min(term.height, 100)))
    words[2] = "--charset=" .. term.charset
    if not term.ansi then words[#words + 1] = "--plain" end
    if term.linear then words[#words + 1] = "--linear" end
  end
  return core.explain(keyword, table.concat(words, "\n"), handle)
end

-- --- saving ---

-- board.save(client, path, bytes, before) -> true; false: the file is not as it was `before`
-- (nil: not there), and stays as it is; or nil and why not. It is written whole or not at all.
-- Waits.
function board.save(client, path, bytes, before)
  must_be_sysop(client)
  local _turn <close> = take_turn "save"
  local saved, why = core.save(path, bytes, before)
  return saved and true or saved, why
end

-- board.undo(client, path, bytes, before) -> the same; what was there is kept as a version.
-- Waits.
function board.undo(client, path, bytes, before)
  must_be_sysop(client)
  local _turn <close> = take_turn "save"
  local saved, why = core.undo(path, bytes, before)
  return saved and true or saved, why
end

-- board.history(client, [search]) -> { { path=, count=, newest=Unix seconds }, ... }: the files
-- that have kept versions, also of those that are gone.  Waits.
function board.history(client, search)
  must_be_sysop(client)
  local lines, why = core.history()
  if not lines then return nil, why end
  local files = {}
  for count, newest, path in lines:gmatch "(%d+) (%d+) ([^\n]+)\n" do
    if not search or path:find(search, 1, true) then
      files[#files + 1] = { path = path, count = tonumber(count), newest = tonumber(newest) }
    end
  end
  return files
end

-- board.versions(client, path) -> { { name=, kept=Unix seconds, size= }, ... }, the newest
-- first.  Waits.
function board.versions(client, path)
  must_be_sysop(client)
  local lines, why = core.versions(path)
  if not lines then return nil, why end
  local versions = {}
  for name, kept, size in lines:gmatch "(%S+) (%d+) (%d+)\n" do
    versions[#versions + 1] = { name = name, kept = tonumber(kept), size = tonumber(size) }
  end
  return versions
end

-- board.version(client, path, name) -> its bytes; false: it is not there any more.  Waits.
function board.version(client, path, name)
  must_be_sysop(client)
  return core.version(path, name)
end

-- --- what is on trial: reload.canary = "sysop" ---

-- board.trial(client) -> { wanted=, generation=everybody's, trial=that sysops have or nil,
-- files={ path, ... } }
function board.trial(client)
  must_be_sysop(client)
  local lines = core.trial()
  local wanted, generation, trial = lines:match "^(%d+) (%d+) (%d+)\n"
  local files = {}
  for path in lines:match "\n(.*)":gmatch "[^\n]+" do files[#files + 1] = path end
  return {
    wanted = wanted == "1", generation = tonumber(generation),
    trial = trial ~= "0" and tonumber(trial) or nil, files = files,
  }
end

-- board.promote(client) -> true: everybody has it; or nil and why not.  Waits.
function board.promote(client)
  must_be_sysop(client)
  return core.promote()
end

-- board.undo_trial(client) -> how many files were written back as everybody has them; or nil
-- and why not.  Waits.
function board.undo_trial(client)
  must_be_sysop(client)
  local _turn <close> = take_turn "save"
  local lines, why = core.undo_trial()
  if not lines then return nil, why end
  return select(2, lines:gsub("\n", ""))
end

-- --- drafts: each was begun from a text, which may not be the file's any more ---

local NEW <const>, OLD <const> = "-", "+"

-- board.draft(path) -> the name of the editor's draft for a file
function board.draft(path)
  return "board:" .. path
end

local function base_name(path)
  return "board base:" .. path
end

local function find_draft(client, name)
  return db.row("SELECT text FROM drafts WHERE user = ? AND name = ?", account(client), name)
end

-- board.begin(client, path, bytes) -> what the draft of that file was begun from (nil: from
-- nothing). There is none: `bytes`, which the next one is begun from.  Waits.
function board.begin(client, path, bytes)
  must_be_sysop(client)
  local has_draft = find_draft(client, board.draft(path))
  local base = has_draft and find_draft(client, base_name(path))
  if base then return base.text:sub(1, 1) == OLD and base.text:sub(2) or nil end
  db.run([[INSERT INTO drafts (user, name, text, saved_at)
    SELECT id, ?2, ?3, ?4 FROM users WHERE id = ?1
    ON CONFLICT (user, name) DO UPDATE SET text = excluded.text, saved_at = excluded.saved_at]],
    account(client), base_name(path), bytes and OLD .. bytes or NEW, math.floor(time.now()))
  return bytes
end

-- board.finish(client, path): its text is saved, or thrown away.  Waits.
function board.finish(client, path)
  must_be_sysop(client)
  db.run("DELETE FROM drafts WHERE user = ? AND name = ?", account(client), base_name(path))
end

-- --- files as the editor has them ---

local function tab_mark(bytes)
  for _, mark in ipairs(TAB_MARKS) do
    if not bytes:find(mark, 1, true) then return mark end
  end
end

-- Why the editor would not give a line back as it was.
local function line_problem(line)
  if not utf8.len(line) then return "is not UTF-8" end
  if text.strip(line) ~= line then return "has control characters, or some that nobody sees" end
end

-- Before anything else is done with it: a large one would take too long.
local function size_problem(path, bytes, lines)
  if lines > LINES_MOST or bytes > BYTES_MOST then
    return ("%s: %d lines, %s: the editor takes %d and %s: it is edited on the machine"):format(
      path, lines, text.size(bytes), LINES_MOST, text.size(BYTES_MOST))
  end
end

local function text_problem(path, s)
  local n = 0
  for line in (s .. "\n"):gmatch "(.-)\n" do
    n = n + 1
    if n % LINES_AT_ONCE == 0 then time.sleep(0) end
    local problem = line_problem(line)
    if problem then
      return ("%s:%d: the line %s: it is edited on the machine"):format(path, n, problem)
    end
  end
end

-- board.open(path, bytes) -> { path=, text=, notice= } for the editor, or nil and why it can't
-- be edited as a text. Line ends, tabs, a byte order mark and a last line end are kept.
function board.open(path, bytes)
  if path:find "%.ans$" then
    return nil, path .. ": art in CP437, as art editors save it, and no text to be edited here"
  end
  local doc = { path = path, has_bom = bytes:sub(1, #BOM) == BOM }
  local s = doc.has_bom and bytes:sub(#BOM + 1) or bytes
  local _, line_ends = s:gsub("\n", "")
  local dos_ends = s:find("\r\n", 1, true) and select(2, s:gsub("\r\n", "")) or 0
  local ends_line = s:sub(-1) == "\n" and 1 or 0
  local problem = size_problem(path, #s - dos_ends - ends_line, line_ends + 1 - ends_line)
  if problem then return nil, problem end
  doc.line_end = dos_ends * 2 > line_ends and "\r\n" or "\n"
  if dos_ends > 0 and dos_ends < line_ends then
    doc.notice = "Its lines end in two ways: saved, all end in the more frequent one."
  end
  if dos_ends > 0 then s = s:gsub("\r\n", "\n") end
  doc.ends_line = s == "" or s:sub(-1) == "\n"
  if s:sub(-1) == "\n" then s = s:sub(1, -2) end
  if s:find("\t", 1, true) then
    doc.tab = tab_mark(s)
    if not doc.tab then
      return nil, path .. ": it has tabs, and all signs that stand for one: it is edited on "
        .. "the machine"
    end
    s = s:gsub("\t", doc.tab)
    doc.notice = doc.notice or ("Each %s is a tab."):format(doc.tab)
  end
  problem = text_problem(path, s)
  if problem then return nil, problem end
  doc.text, doc.max_lines, doc.max_bytes = s, 2 * LINES_MOST, 2 * BYTES_MOST
  return doc
end

-- board.close(doc, text) -> the bytes to be saved
function board.close(doc, s)
  if doc.tab then s = s:gsub(doc.tab, "\t") end
  if doc.ends_line then s = s .. "\n" end
  if doc.line_end ~= "\n" then s = s:gsub("\n", doc.line_end) end
  return (doc.has_bom and BOM or "") .. s
end

return board
