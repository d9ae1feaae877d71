-- The file areas: lists with a filter, one file, downloads, uploads.
local audit = require "bbs.audit"
local files = require "bbs.files"
local list = require "bbs.list"
local settings = require "bbs.settings"
local text = require "bbs.text"
local time = require "bbs.time"
local handlers = {}

require "areas"
time.every(0.4, files.watch)

local SORTS <const> = { "name", "date", "size", "downloads" }
local PROTOCOLS <const> = { "ZModem", "YModem", "YModem-G", "XModem" }

local STAY <const> = {} -- the list is as it should be: the next key

local function is_sysop(client)
  return client.level >= settings.levels.sysop
end

local function day(seconds)
  return os.date("%Y-%m-%d", seconds)
end

local function plural(n, what)
  return n == 1 and "1 " .. what or n .. " " .. what .. "s"
end

-- --- the areas ---

-- <% each:files.areas(rows=12, grows=true) %>
function handlers.areas(client, args)
  local all = files.areas(client)
  local rows = {}
  local first = (args.page - 1) * args.rows
  for i = first + 1, math.min(#all, first + args.rows) do
    local area = all[i]
    rows[#rows + 1] = {
      number = i, title = area.title, about = area.about, files = area.files,
      size = text.size(area.bytes), new = area.new > 0 and area.new .. " new" or "",
    }
  end
  client.data.areas = all
  return rows, #all
end

-- <% get:files.tagged %>
function handlers.tagged(client)
  local _, count, bytes = files.list(client, { tagged = true, rows = 1 })
  if count == 0 then return "nothing is marked" end
  return ("%s, %s marked"):format(plural(count, "file"), text.size(bytes))
end

-- <% get:files.protocol %>
function handlers.protocol(client)
  return files.protocol(client)
end

-- <% get:files.waiting %>: how many files wait for a sysop
function handlers.waiting(client)
  return select(2, files.list(client, { waiting = true, rows = 1 }))
end

-- <% if:files.is_sysop %>
function handlers.is_sysop(client)
  return is_sysop(client)
end

local function open_list(client, what)
  what.sort = what.sort or "name"
  what.row = 1
  client.data.files = what
  return "files/list"
end

-- A line, or nil: Esc and Enter alone lead back.
local function ask(client, prompt, max, default)
  local line = client:read_line { prompt = prompt, max = max, default = default }
  return line and line:find "%S" and line or nil
end

local function search(client)
  local words = ask(client, "\r\n  |03Search all areas for: |15", 40)
  if not words then return "refresh" end
  if not words:find "[%w\x80-\xFF]" then return "refresh", "There is no word in that" end
  return open_list(client, { title = 'With "' .. words .. '"', search = words })
end

local function choose_protocol(client)
  local title <const> = "Which protocol does your terminal have?"
  local _, name = client:choose(PROTOCOLS, { title = title })
  if name then files.protocol(client, name) end
  return "refresh"
end

-- The number that begins with `key`; one that is alone needs no Enter.
local function read_number(client, key, most)
  if most < 10 then return tonumber(key) end
  return math.tointeger(tonumber(ask(client, "\r\n  |03Number: |15", 4, key) or "0"))
end

local function wait_for_key(client)
  client:send "\n  |08Any key goes on.|07 "
  client:read_key {}
end

local RESULTS <const> = 12 -- that are told one by one

local function plain(s)
  return (s:gsub("|", "||"))
end

local function tell_result(client, r)
  if not r.ok then
    client:send(("  |12%s|07  %s\n"):format(plain(r.name), plain(r.reason)))
    return
  end
  local pace = r.seconds > 0 and (r.bytes - r.resumed) / r.seconds or 0
  local stored = r.stored and r.stored ~= r.name and " as " .. plain(r.stored) or ""
  client:send(("  |10%s|07%s  %s%s, %s a second\n"):format(plain(r.name), stored,
    text.size(r.bytes),
    r.resumed > 0 and (", of which " .. text.size(r.resumed) .. " were there") or "",
    text.size(pace)))
end

-- Each of a few; of many those that went wrong, and what they are together.
local function tell_results(client, results)
  local done, bytes, told = 0, 0, 0
  client:send "\n"
  for _, r in ipairs(results) do
    if r.ok then done, bytes = done + 1, bytes + r.bytes end
    if #results <= RESULTS or not r.ok and told < RESULTS then
      tell_result(client, r)
      told = told + 1
    end
  end
  if #results > RESULTS then
    client:send(("  |10%s|07  %s%s\n"):format(plural(done, "file"), text.size(bytes),
      done < #results and (", |12%d|07 of %d did not come over"):format(#results - done,
        #results) or ""))
  elseif #results == 0 then
    client:send("  |12No file came over|07" .. (results.reason and ": " .. results.reason or "")
      .. "\n")
  end
end

local function download(client, rows)
  if #rows == 0 then return "refresh", "Nothing is marked: Space marks the file at the bar" end
  local results, why = files.download(client, rows, files.protocol(client))
  if not results then return "refresh", why end
  tell_results(client, results)
  wait_for_key(client)
  return "refresh"
end

local function download_tagged(client)
  return download(client, (files.list(client, { tagged = true, rows = 1000 })))
end

-- A line about each that has no FILE_ID.DIZ. Esc leaves out the rest.
local function describe_all(client, results)
  for _, result in ipairs(results) do
    if result.ok and (result.description or "") == "" then
      client:send(("\n  |03What is |15%s|03? A line about it; Enter: none, Esc: none of the "
        .. "rest.|07\n"):format(plain(result.stored)))
      local line = client:read_line { prompt = "  > ", max = 200 }
      if not line then return end
      if line ~= "" then files.describe(result.id, line) end
    end
  end
end

local function upload(client, name)
  local ok, why = files.may_upload(client, name)
  if not ok then return "refresh", why end
  local protocol = files.protocol(client)
  local as
  if protocol == "XModem" then
    as = ask(client, "\r\n  |03What is the file called? |15", 60)
    if not as then return "refresh" end
  end
  local results
  results, why = files.upload(client, name, { protocol = protocol, name = as })
  if not results then return "refresh", why end
  tell_results(client, results)
  describe_all(client, results)
  if #results > 0 and files.area(name).approve and not is_sysop(client) then
    client:send "\n  |07Thank you. A sysop looks at it before others see it.\n"
  end
  wait_for_key(client)
  return "refresh"
end

local function upload_somewhere(client)
  local all, items = {}, {}
  for _, area in ipairs(files.areas(client)) do
    if files.may_upload(client, area.name) then
      all[#all + 1], items[#items + 1] = area.name, area.title
    end
  end
  if #all == 0 then return "refresh", "There is no area that you may send files to" end
  local i = client:choose(items, { title = "Where to?" })
  if not i then return "refresh" end
  return upload(client, all[i])
end

-- <% key:files.pick %> on the screen of the areas
function handlers.pick(client, key)
  key = key:lower()
  local all = client.data.areas or {}
  if key:find "^%d$" then
    local area = all[read_number(client, key, #all)]
    if not area then return "refresh", "There is no such number" end
    return open_list(client, { area = area.name, title = area.title })
  end
  if key == "n" then
    return open_list(client, { title = "New since your last call", sort = "date",
      since = files.seen_before(client) })
  elseif key == "s" then
    return search(client)
  elseif key == "t" then
    return open_list(client, { title = "Marked for the next download", tagged = true })
  elseif key == "d" then
    return download_tagged(client)
  elseif key == "x" then
    files.untag_all(client)
    return "refresh", "Nothing is marked any more"
  elseif key == "u" then
    return upload_somewhere(client)
  elseif key == "p" then
    return choose_protocol(client)
  elseif key == "page_down" or key == "page_up" then
    return list.turn(client, key)
  elseif key == "a" and is_sysop(client) then
    return open_list(client, { title = "Waiting for a sysop", waiting = true })
  end
  return "repeat"
end

-- --- a list of files ---

local function state_of(client)
  local state = client.data.files or { title = "All files", sort = "name", row = 1 }
  client.data.files = state
  return state
end

-- <% get:files.title %>
function handlers.title(client)
  return state_of(client).title
end

local function shown_row(state, i, row)
  return {
    number = i, mark = row.tagged and "*" or state.has_bar and " " or "",
    bar = state.has_bar and (i == state.row and ">" or " ") or "",
    name = row.name, size = text.size(row.size), date = day(row.added_at),
    downloads = row.downloads,
    about = (row.approved == 0 and "(waiting) " or "")
      .. (not state.area and "[" .. files.area(row.area).title .. "] " or "")
      .. row.description:match "^[^\n]*",
  }
end

-- <% each:files.list(rows=14, grows=true) %>
function handlers.list(client, args)
  local state = state_of(client)
  state.has_bar = client.term.ansi and not client.term.linear
  local found, total, bytes = files.list(client, { area = state.area, since = state.since,
    tagged = state.tagged, waiting = state.waiting, sort = state.sort, rows = args.rows,
    page = args.page, search = (state.search or "") .. " " .. (state.filter or "") })
  state.found, state.total, state.bytes = found, total, bytes
  state.row = math.max(1, math.min(state.row, #found))
  local rows = {}
  for i, row in ipairs(found) do rows[i] = shown_row(state, i, row) end
  return rows, total
end

-- <% get:files.place %>
function handlers.place(client)
  local state = state_of(client)
  local where = state.total == 0 and "no files" or ("%s, %s, by %s, %s"):format(
    plural(state.total, "file"), text.size(state.bytes), state.sort, list.place(client))
  if state.is_filtering then return where .. ", with: " .. (state.filter or "") .. "_" end
  return where .. (state.filter and ", with: " .. state.filter or "")
end

local function filter(client, state, key)
  local typed = state.filter or ""
  if key == "enter" or key == "escape" then
    state.is_filtering = false
    if key == "escape" then typed = "" end
  elseif key == "backspace" then
    typed = typed:gsub("[^\x80-\xBF][\x80-\xBF]*$", "")
  elseif key == "space" then
    typed = typed .. " "
  elseif text.width(key) == 1 and text.width(typed) < 30 then
    typed = typed .. key
  end
  state.filter = typed ~= "" and typed or nil
  state.row = 1
  client.page_index = 1
  return "refresh"
end

-- Put a mark at a column of a row of the list, and the cursor back.
local function show_mark(client, top, i, column, mark)
  client:send(("\27[s\27[%d;%dH|15%s|07\27[u"):format(top + i - 1, column, mark))
end

-- The bar goes up or down; at an end the page is turned.
local function move_bar(client, state, top, step)
  local to = state.row + step
  if state.found[to] then
    show_mark(client, top, state.row, 1, " ")
    show_mark(client, top, to, 1, ">")
    state.row = to
    return STAY
  end
  local action = list.turn(client, step > 0 and "page_down" or "page_up")
  if action == "refresh" then state.row = step > 0 and 1 or 1000 end
  return action
end

-- Which files: the one at the bar, or those whose numbers are typed ("1 3 5-7").
local function pick_rows(client, state, what)
  if state.has_bar then return { state.found[state.row] } end
  local line = ask(client, ("\r\n%s which? "):format(what), 40)
  local rows = {}
  for from, to in (line or ""):gmatch "(%d+)%-?(%d*)" do
    for i = tonumber(from), math.min(tonumber(to) or tonumber(from), #state.found) do
      rows[#rows + 1] = state.found[i]
    end
  end
  return rows
end

local function tag(client, state, args)
  if client.user_id == "GUEST" then
    return "repeat", "Only who has an account can mark files"
  end
  local rows = pick_rows(client, state, "Mark")
  for _, row in ipairs(rows) do
    row.tagged = not row.tagged
    files.tag(client, row.id, row.tagged)
  end
  if not state.has_bar or not args.top then return "refresh" end
  show_mark(client, args.top, state.row, args.mark, rows[1].tagged and "*" or " ")
  return state.found[state.row + 1] and move_bar(client, state, args.top, 1) or STAY
end

local function show_file(client, state)
  local row = pick_rows(client, state, "Show")[1]
  if not row then return "refresh" end
  client.data.file = row.id
  return "files/file"
end

local function view(client, row)
  local shown, why
  if files.is_archive(row.name) then
    local inside
    inside, why = files.contents(row)
    if inside then
      local lines = { "|15What is in " .. plain(row.name) .. "|07", "" }
      for _, entry in ipairs(inside) do
        lines[#lines + 1] = ("%12s  %s"):format(
          entry.size >= 0 and text.size(entry.size) or "", plain(entry.name))
      end
      shown = table.concat(lines, "\n")
    end
  else
    shown, why = files.text(client, row)
    shown = shown and plain(text.strip(shown))
  end
  if not shown then return "refresh", why end
  client:pager(shown)
  return "refresh"
end

local function sort(client, state)
  for i, name in ipairs(SORTS) do
    if name == state.sort then
      state.sort = SORTS[i % #SORTS + 1]
      break
    end
  end
  state.row = 1
  client.page_index = 1
  return "refresh"
end

-- On the file at the bar.
local function on_file(client, state, key)
  local row = pick_rows(client, state, key == "v" and "View" or "Take")[1]
  if not row then return "refresh" end
  if key == "v" then return view(client, row) end
  return download(client, { row })
end

local function take_key(client, state, key, args)
  if state.is_filtering then return filter(client, state, key) end
  key = key:lower()
  if key == "f" then
    state.is_filtering = true
    return "refresh"
  end
  if key == "q" or key == "escape" then return "files" end
  if key == "s" then return sort(client, state) end
  if key == "u" then
    if not state.area then return upload_somewhere(client) end
    return upload(client, state.area)
  end
  if key == "d" then return download_tagged(client) end
  if key == "left" or key == "right" or #state.found == 0 then return list.turn(client, key) end
  if args.top and state.has_bar and (key == "up" or key == "down") then
    return move_bar(client, state, args.top, key == "up" and -1 or 1)
  end
  if key == "t" or key == "space" then return tag(client, state, args) end
  if key == "enter" or key == "i" then return show_file(client, state) end
  if key == "v" or key == "g" then return on_file(client, state, key) end
  local action = list.turn(client, key)
  if action == "refresh" then state.row = 1 end
  return action
end

-- <% key:files.key(top=7, mark=6) %>: the row of the first file, without which there is no bar,
-- and the column of what marks one
function handlers.key(client, key, args)
  local state = state_of(client)
  while true do
    local action, more = take_key(client, state, key, args)
    if action ~= STAY then return action, more end
    key, more = client:read_key { resize = true, tells = true }
    if key == "resize" then return "refresh" end
    if key == "tell" then return "repeat", more end
  end
end

-- --- one file ---

local function current(client)
  return client.data.file and files.get(client, client.data.file)
end

-- <% enter:files.show %>
function handlers.show(client)
  client.data.shown = current(client)
  if not client.data.shown then return "files/list" end
end

-- "1.2 KiB (1234 bytes)", "12 bytes"
local function size_in_full(bytes)
  if bytes < 1024 then return text.size(bytes) end
  return ("%s (%d bytes)"):format(text.size(bytes), bytes)
end

-- <% get:files.of("name") %>: size date uploader downloads sha256 area
function handlers.of(client, args)
  local row = client.data.shown
  local what = args[1]
  if what == "size" then return size_in_full(row.size) end
  if what == "date" then return day(row.added_at) end
  if what == "uploader" then return row.uploader_name or "the sysop" end
  if what == "area" then return files.area(row.area).title end
  if what == "mark" then return row.tagged and "unmark it" or "mark it" end
  return row[what]
end

-- <% each:files.about(rows=10, grows=true, columns=70) %>
function handlers.about(client, args)
  local rows = {}
  for line in (client.data.shown.description .. "\n"):gmatch "([^\n]*)\n" do
    for _, piece in ipairs(text.wrap(line, args.columns or 70)) do
      if #rows < args.rows then rows[#rows + 1] = { line = piece } end
    end
  end
  return rows
end

-- As it is after a change, shown anew.
local function show_again(client, why)
  client.data.shown = current(client)
  return client.data.shown and "refresh" or "files/list", why
end

local function move_file(client, row)
  local items, names = {}, {}
  for _, area in ipairs(files.areas(client)) do
    items[#items + 1], names[#names + 1] = area.title, area.name
  end
  local i = client:choose(items, { title = "Move it where?" })
  if not i then return "refresh" end
  local ok, why = files.move(row.id, names[i])
  if ok then audit.add(client, "move file", row.area .. "/" .. row.name, "to " .. names[i]) end
  return show_again(client, not ok and why or nil)
end

local function describe_again(client, row)
  local new = client:edit(row.description, { title = row.name, max_lines = 30, columns = 70 })
  if new then files.describe(row.id, new) end
  if new and is_sysop(client) then
    audit.add(client, "describe file", row.area .. "/" .. row.name, new)
  end
  return show_again(client)
end

local function remove_file(client, row)
  if not client:confirm("Remove " .. row.name .. " for good?", false) then return "refresh" end
  local ok, why = files.remove(row.id)
  if not ok then return "refresh", why end
  audit.add(client, "remove file", row.area .. "/" .. row.name)
  return "files/list"
end

local function sysops_key(client, key, row)
  if key == "a" then
    files.approve(row.id)
    audit.add(client, "approve file", row.area .. "/" .. row.name)
    return show_again(client)
  elseif key == "m" then
    return move_file(client, row)
  elseif key == "x" then
    return remove_file(client, row)
  end
  return "repeat"
end

-- <% if:files.is_waiting %>
function handlers.is_waiting(client)
  return client.data.shown.approved == 0
end

-- <% if:files.may_describe %>
function handlers.may_describe(client)
  return files.may_describe(client, client.data.shown)
end

-- <% key:files.file_key %>
function handlers.file_key(client, key)
  local row = client.data.shown
  key = key:lower()
  if key == "q" or key == "escape" then return "files/list" end
  if key == "v" then return view(client, row) end
  if key == "g" or key == "d" then return download(client, { row }) end
  if key == "t" or key == "space" then
    files.tag(client, row.id, not row.tagged)
    return show_again(client)
  end
  if key == "e" and files.may_describe(client, row) then return describe_again(client, row) end
  if not is_sysop(client) then return "repeat" end
  return sysops_key(client, key, row)
end

return handlers
