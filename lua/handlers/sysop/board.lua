-- The board's own files, edited on line: screens, Lua, and the kept versions of them. What is
-- saved is looked through for mistakes first, and loaded as any save is.
local audit = require "bbs.audit"
local board = require "bbs.board"
local list = require "bbs.list"
local sysop = require "bbs.sysop"
local text = require "bbs.text"
local screen = {}

local ROWS_BESIDE <const> = 8 -- of the window, beside the findings
local COLUMNS <const> = 250

local function when(seconds)
  return os.date("%Y-%m-%d %H:%M", seconds)
end

local function plain(s)
  return (s:gsub("|", "||"))
end

-- --- the list ---

-- <% enter:sysop.board.enter %>
function screen.enter(client)
  client.data.board = client.data.board or {}
end

-- <% each:sysop.board.list(rows=13, grows=true) %>
function screen.list(client, args)
  local state, rows = client.data.board, {}
  local files, why = board.files(client, state.search)
  if not files then error(why, 0) end
  state.files = files
  for i = (args.page - 1) * args.rows + 1, math.min(args.page * args.rows, #files) do
    local file = files[i]
    rows[#rows + 1] = {
      no = i, path = file.path, size = text.size(file.size), changed = when(file.changed),
      mark = file.mistake and "!" or " ",
    }
  end
  return rows, #files
end

local function as_text(files)
  local lines = {}
  for i, file in ipairs(files) do
    lines[i] = ("%s %d %s %s"):format(file.path, file.size, file.changed, file.mistake or "")
  end
  return table.concat(lines, "\n")
end

-- <% tick:sysop.board.tick(2) %>: a save is found right or wrong a moment after it.
function screen.tick(client)
  local state = client.data.board
  local files = board.files(client, state.search)
  if files and as_text(files) ~= as_text(state.files) then return "refresh" end
end

-- <% get:sysop.board.place %>
function screen.place(client)
  local state, wrong = client.data.board, 0
  for _, file in ipairs(state.files) do wrong = wrong + (file.mistake and 1 or 0) end
  return list.found(client, state.search)
    .. (wrong > 0 and (", %d with mistakes (!)"):format(wrong) or "")
end

-- The one that is meant: by its number or path, and at once where there is one alone.
local function choose(client)
  local files = client.data.board.files
  if #files == 1 then return files[1] end
  local answer = sysop.ask(client, "Which number", 100)
  if not answer or answer == "" then return nil end
  local file = files[math.tointeger(tonumber(answer)) or 0]
  for _, other in ipairs(files) do
    if other.path == answer then file = other end
  end
  if file then return file end
  return nil, "There is no such file here."
end

-- --- questions ---

local function ask_key(client, prompt, keys)
  client:send("\n  " .. prompt .. " ")
  while true do
    local key = client:read_key():lower()
    if keys[key] then
      client:send(key .. "\n")
      return key
    end
  end
end

local function show_lines(client, lines, most)
  local n = 0
  for _, line in ipairs(lines) do
    for _, row in ipairs(text.wrap(line, math.max(client.term.width - 4, 10))) do
      if n == most then return client:send "  |08...|07\n" end
      client:send("  " .. plain(row) .. "\n")
      n = n + 1
    end
  end
end

local WIDE <const> = " |15S |07save all the same  |15V |07all of it  |15T |07"
local NARROW <const> = "|15S |07save |15V |07all |15T |07"

local function question(client, job)
  return (job.is_edited and "|15E |07edit on " or "")
    .. (client.term.width < 80 and NARROW or WIDE)
    .. (job.is_edited and "throw away" or "leave it")
end

-- -> "e" edit on, "s" save it so, "t" throw it away
local function ask_about(client, job, title, lines, shown)
  while true do
    client:clear()
    client:send("\n  |14" .. plain(title) .. "|07\n\n")
    show_lines(client, lines, math.max(client.term.height - ROWS_BESIDE, 3))
    local keys = { s = true, v = true, t = true, e = job.is_edited }
    local key = ask_key(client, question(client, job), keys)
    if key ~= "v" then return key end
    client:pager(plain(shown or table.concat(lines, "\n")))
  end
end

-- --- saving ---

local function sizes(job)
  return ("%s to %d bytes%s"):format(job.before and #job.before or "new,", #job.bytes,
    job.note and ", " .. job.note or "")
end

-- It is written down before it is done: whoever hangs up meanwhile has done it all the same.
local function write(client, job)
  local what = job.is_undo and "undo" or job.before and "edit file" or "new file"
  audit.add(client, what, job.path, sizes(job))
  local do_save = job.is_undo and board.undo or board.save
  local saved, why = do_save(client, job.path, job.bytes, job.before)
  if not saved then audit.add(client, "not saved", job.path, why or "changed meanwhile") end
  return saved, why
end

-- Somebody else has saved it meanwhile. -> what to do about that
local function ask_about_change(client, job)
  local now, why = board.read(client, job.path)
  if now == nil then return ask_about(client, job, "It can't be read.", { why }) end
  local said = now and { "Somebody has saved " .. job.path .. " since you began.",
    "S saves yours in its place, V shows what it has now." } or { job.path .. " has gone." }
  local key = ask_about(client, job, "Not saved: it has changed on the disk.", said, now or "")
  if key == "s" then job.before = now or nil end
  return key
end

local function save(client, job)
  while true do
    local saved, why = write(client, job)
    if saved then
      job.said = ("%s is saved, %d bytes.%s"):format(job.path, #job.bytes,
        job.hints[1] and " " .. job.hints[1] or "")
      return "s"
    end
    local key = saved == false and ask_about_change(client, job)
      or ask_about(client, job, "It can't be saved.", { why })
    if key ~= "s" then return key, { why or "Not saved: it has changed on the disk." } end
  end
end

-- Nothing can lead to a screen that is new.
local function without_orphan(job, findings, hints)
  local left = {}
  for _, line in ipairs(findings) do
    local is_orphan = not job.before and line:find "nothing leads to the screen"
    table.insert(is_orphan and hints or left, line)
  end
  return left, hints
end

-- A text for a file: { path=, bytes=, before=, is_edited=, note= }. -> "s" it is saved, "t" it
-- is thrown away, "e" and a list of what is wrong: the sysop edits on
local function settle(client, job)
  client:clear()
  client:send "\n  |07Looking for mistakes ...\n"
  local findings, hints = board.check(client, job.path, job.bytes)
  if not findings then findings, hints = { hints }, {} end
  findings, job.hints = without_orphan(job, findings, hints)
  if #findings > 0 then
    job.note = ("%sfindings: %d"):format(job.note and job.note .. ", " or "", #findings)
    local title = "It has mistakes:"
    local key = ask_about(client, job, title, findings)
    if key ~= "s" then return key, findings end
  end
  return save(client, job)
end

-- --- editing ---

local function line_of(path, finding)
  if finding:sub(1, #path) ~= path then return nil end
  return tonumber(finding:match("^:(%d+)", #path + 1))
end

-- `bytes` is what the file has, nil: there is none; `doc` what the editor is to show.
local function edit_doc(client, doc, bytes)
  local path, said = doc.path, "Nothing has changed."
  local base = board.begin(client, path, bytes)
  client:edit(doc.text, {
    title = path,
    draft = board.draft(path),
    columns = COLUMNS,
    max_lines = doc.max_lines,
    max_bytes = doc.max_bytes,
    notice = doc.notice,
    accept = function(s, is_draft)
      local job = { path = path, bytes = board.close(doc, s), is_edited = true }
      if is_draft then job.before = base else job.before = bytes end
      if job.bytes == job.before then
        said = "Nothing has changed."
        return true
      end
      local answer, wrong = settle(client, job)
      said = job.said or "It is thrown away."
      if answer == "s" then return true end
      if answer == "t" then return nil end
      return false, line_of(path, wrong[1]), wrong[1]
    end,
  })
  board.finish(client, path)
  return "refresh", said
end

-- What a new file begins with.
local SCREEN <const> = [[
<%% page:title("%s") %%>
<%% go:%s("Q", "escape") %%>
|15%s|07

  Your text.

|15Q |07back]]
local HANDLERS <const> = [[
-- What %s's macros call.
local %s = {}

-- <%% get:%s.hello %%>
function %s.hello(client)
  return "Hello, " .. client.nick_name
end

return %s]]
local LIBRARY <const> = [[
-- %s: to be required by handlers.
local %s = {}

return %s]]

local function template(client, path)
  local name = path:match "([^/.]+)[^/]*$"
  local word = name:gsub("[^%w_]", "_"):gsub("^%d", "_%0")
  local handlers = path:match "^lua/handlers/(.*)%.lua$"
  if handlers then
    return HANDLERS:format(name, word, handlers:gsub("/", "."), word, word)
  end
  if path:find "^lua/" then return LIBRARY:format(name, word, word) end
  local menu = board.read(client, "screens/menu.txt") and "menu" or "root"
  return SCREEN:format(name, menu, name)
end

local function new_file(client, path)
  local doc, why = board.open(path, template(client, path) .. "\n")
  if not doc then return "refresh", why end
  return edit_doc(client, doc, nil)
end

-- Art is drawn elsewhere; what stands beside it for callers without ANSI is text.
local function offer_text(client, path, why)
  local beside = path:gsub("%.ans$", ".txt")
  client:send("\r\n  |07" .. plain(why) .. ".\r\n  ")
  local asked = ("Edit %s, which callers without ANSI get?"):format(beside)
  if client:confirm(asked, true) then return beside end
end

local function edit_path(client, path)
  local bytes, why = board.read(client, path)
  if bytes == nil then return "refresh", why end
  if bytes == false then return new_file(client, path) end
  local ok, doc
  ok, why = board.name(client, path)
  if not ok then return "refresh", why end
  doc, why = board.open(path, bytes)
  if doc then return edit_doc(client, doc, bytes) end
  local beside = path:find "%.ans$" and offer_text(client, path, why)
  if beside then return edit_path(client, beside) end
  return "refresh", not path:find "%.ans$" and why or nil
end

-- "shop", "shop.40", "shop.asc" or a whole path
local function path_of(name)
  if name:find "^lua/" or name:find "^screens/" then return name end
  local has_ending = name:find "%.txt$" or name:find "%.asc$" or name:find "%.ans$"
  return "screens/" .. name .. (has_ending and "" or ".txt")
end

local actions = {}

function actions.e(client)
  local file, why = choose(client)
  if not file then return "refresh", why end
  return edit_path(client, file.path)
end

function actions.n(client)
  local name = sysop.ask(client, "A keyword, or a path as lua/handlers/shop.lua", 100)
  if not name or name == "" then return "refresh" end
  local path = path_of(name)
  local ok, why = board.name(client, path)
  if not ok then return "refresh", why end
  return edit_path(client, path)
end

local function with_numbers(s)
  local lines = {}
  for line in (s:gsub("\r\n", "\n") .. "\n"):gmatch "(.-)\n" do
    lines[#lines + 1] = ("|08%4d |07%s"):format(#lines + 1, plain(line))
  end
  if lines[#lines]:find "^|08 *%d+ |07$" and #lines > 1 then lines[#lines] = nil end
  return table.concat(lines, "\n")
end

local function view(client, path, bytes)
  client:pager(with_numbers(path:find "%.ans$" and board.decode(bytes) or bytes))
end

function actions.v(client)
  local file, why = choose(client)
  if not file then return "refresh", why end
  local bytes
  bytes, why = board.read(client, file.path)
  if not bytes then return "refresh", why or "It is not there any more." end
  view(client, file.path, bytes)
  return "refresh"
end

function actions.c(client)
  client:send "\r\n  |07Looking for mistakes ..."
  local findings, hints = board.check_all(client)
  if not findings then return "refresh", hints end
  local lines = {}
  for _, line in ipairs(findings) do lines[#lines + 1] = plain(line) end
  for _, line in ipairs(hints) do lines[#lines + 1] = "|08hint: " .. plain(line) .. "|07" end
  lines[#lines + 1] = ("\n|15%d finding%s, %d hint%s"):format(#findings,
    #findings == 1 and "" or "s", #hints, #hints == 1 and "" or "s")
  client:pager(table.concat(lines, "\n"))
  return "refresh"
end

function actions.h(client)
  local file, why = choose(client)
  if not file then return "refresh", why end
  return "sysop/versions", { path = file.path }
end

function actions.a()
  return "sysop/history"
end

function actions.t()
  return "sysop/trial"
end

function actions.s(client)
  return list.search(client, client.data.board)
end

-- <% key:sysop.board.pick %>
function screen.pick(client, key)
  local action = actions[key:lower()]
  if action then return action(client) end
  return list.turn(client, key)
end

-- --- the files that have kept versions ---

-- <% enter:sysop.board.enter_history %>
function screen.enter_history(client)
  client.data.board_history = client.data.board_history or {}
end

-- <% each:sysop.board.history(rows=13, grows=true) %>
function screen.history(client, args)
  local state, rows = client.data.board_history, {}
  local all, why = board.history(client, state.search)
  if not all then error(why, 0) end
  state.all = all
  for i = (args.page - 1) * args.rows + 1, math.min(args.page * args.rows, #all) do
    local file = all[i]
    rows[#rows + 1] = {
      no = i, path = file.path, count = file.count, newest = when(file.newest),
    }
  end
  return rows, #all
end

-- <% get:sysop.board.history_place %>
function screen.history_place(client)
  return list.found(client, client.data.board_history.search)
end

-- <% key:sysop.board.pick_history %>
function screen.pick_history(client, key)
  local state = client.data.board_history
  key = key:lower()
  if key == "s" then return list.search(client, state) end
  if key ~= "enter" and key ~= "h" then return list.turn(client, key) end
  local answer = sysop.ask(client, "Which number", 5)
  if not answer or answer == "" then return "refresh" end
  local file = state.all[math.tointeger(tonumber(answer)) or 0]
  if not file then return "refresh", "There is no such number." end
  return "sysop/versions", { path = file.path }
end

-- --- what is on trial ---

local function look_at_trial(client)
  local trial = board.trial(client)
  client.data.board_trial = trial
  return trial
end

-- <% get:sysop.board.trial_state %>
function screen.trial_state(client)
  local trial = look_at_trial(client)
  if not trial.wanted then
    return ("All have generation %d: reload.canary is not \"sysop\"."):format(trial.generation)
  end
  if not trial.trial then
    return ("All have generation %d: nothing is on trial."):format(trial.generation)
  end
  return ("Sysops try generation %d, all others have %d."):format(trial.trial, trial.generation)
end

-- <% each:sysop.board.trial_list(rows=12, grows=true) %>
function screen.trial_list(client, args)
  local files, rows = client.data.board_trial.files, {}
  for i = (args.page - 1) * args.rows + 1, math.min(args.page * args.rows, #files) do
    rows[#rows + 1] = { no = i, path = files[i] }
  end
  return rows, #files
end

-- <% tick:sysop.board.tick_trial(2) %>
function screen.tick_trial(client)
  local shown, now = client.data.board_trial, board.trial(client)
  if now.trial ~= shown.trial or now.generation ~= shown.generation
    or table.concat(now.files, "\n") ~= table.concat(shown.files, "\n") then
    return "refresh"
  end
end

local function promote(client)
  local trial = board.trial(client)
  if not trial.trial then return "refresh", "Nothing is on trial." end
  local generation = "generation " .. trial.trial
  audit.add(client, "promote", generation, #trial.files .. " files")
  local done, why = board.promote(client)
  if done then return "refresh", "All have " .. generation .. " now." end
  audit.add(client, "not promoted", generation, why:match "^[^\n]*")
  return "refresh", why:match "^[^\n]*"
end

local function undo_trial(client)
  local trial = board.trial(client)
  if not trial.trial then return "refresh", "Nothing is on trial." end
  client:send "\r\n  "
  if not client:confirm("Write all these files back as everybody has them?", false) then
    return "refresh"
  end
  audit.add(client, "undo trial", "generation " .. trial.trial, #trial.files .. " files")
  local count, why = board.undo_trial(client)
  if not count then return "refresh", why end
  return "refresh", ("Written back: %d. What they had is kept."):format(count)
end

-- <% key:sysop.board.pick_trial %>
function screen.pick_trial(client, key)
  key = key:lower()
  if key == "p" then return promote(client) end
  if key == "u" then return undo_trial(client) end
  return list.turn(client, key)
end

-- --- the versions of one file ---

-- <% enter:sysop.board.enter_versions %>
function screen.enter_versions(client)
  local path = client.params and client.params.path
  if path then client.data.board_versions = { path = path } end
  if not client.data.board_versions then return "sysop/board" end
end

-- <% get:sysop.board.path %>
function screen.path(client)
  return client.data.board_versions.path
end

-- <% each:sysop.board.versions(rows=13, grows=true) %>
function screen.versions(client, args)
  local state, rows = client.data.board_versions, {}
  local all, why = board.versions(client, state.path)
  if not all then error(why, 0) end
  state.all = all
  for i = (args.page - 1) * args.rows + 1, math.min(args.page * args.rows, #all) do
    rows[#rows + 1] = {
      no = i, kept = os.date("%Y-%m-%d %H:%M:%S", all[i].kept), size = text.size(all[i].size),
    }
  end
  return rows, #all
end

-- <% tick:sysop.board.tick_versions(1) %>: what was saved a moment ago comes when it has loaded
function screen.tick_versions(client)
  local state = client.data.board_versions
  local all = board.versions(client, state.path)
  local newest, shown = all and all[1], state.all and state.all[1]
  if newest and newest.name ~= (shown and shown.name) then return "refresh" end
end

-- <% if:sysop.board.has_no_versions %>
function screen.has_no_versions(client)
  return #client.data.board_versions.all == 0
end

local function choose_version(client)
  local state = client.data.board_versions
  local answer = sysop.ask(client, "Which number", 5)
  if not answer or answer == "" then return nil end
  local version = state.all[math.tointeger(tonumber(answer)) or 0]
  if not version then return nil, "There is no such number." end
  local bytes, why = board.version(client, state.path, version.name)
  if bytes then return { bytes = bytes, kept = version.kept } end
  return nil, why or "That version is not kept any more."
end

local function bring_back(client, path, version)
  local now, why = board.read(client, path)
  if now == nil then return why end
  if now == version.bytes then return "That is what the file has now." end
  local job = {
    path = path, bytes = version.bytes, before = now or nil,
    note = "as of " .. when(version.kept), is_undo = true,
  }
  settle(client, job)
  return job.said or "The file stays as it is."
end

-- The newest version that is not what the file has.
local function undo(client, path)
  local now, why = board.read(client, path)
  if now == nil then return why end
  for _, version in ipairs(client.data.board_versions.all) do
    local bytes = board.version(client, path, version.name)
    if bytes and bytes ~= now then
      return bring_back(client, path, { bytes = bytes, kept = version.kept })
    end
  end
  return "There is nothing to go back to."
end

-- <% key:sysop.board.pick_version %>
function screen.pick_version(client, key)
  local path = client.data.board_versions.path
  key = key:lower()
  if key == "u" then return "refresh", undo(client, path) end
  if key ~= "v" and key ~= "b" then return list.turn(client, key) end
  local version, why = choose_version(client)
  if not version then return "refresh", why end
  if key == "b" then return "refresh", bring_back(client, path, version) end
  view(client, path, version.bytes)
  return "refresh"
end

return sysop.only(screen)
