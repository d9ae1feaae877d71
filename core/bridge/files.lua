-- files.lua -- bbs.files: the file areas. The disk has the files, the store what is known of
-- them; who drops a file into an area's folder has added it.
local disk = require "core.files"
local db = require "bbs.db"
local log = require "bbs.log"
local settings = require "bbs.settings"
local time = require "bbs.time"

local files = {}

local INCOMING <const> = "incoming" -- where uploads stand until they are looked at
local STEP <const> = 200            -- files of a scan between two rests
local FIELDS <const> = "f.id, f.area, f.name, f.size, f.modified / 1000000000 AS modified, "
  .. "f.sha256, f.description, f.uploader, f.added_at, f.downloads, f.approved, "
  .. "u.nick_name AS uploader_name"
local FROM <const> = " FROM files f LEFT JOIN users u ON u.id = f.uploader "
local SORTS <const> = {
  name = "f.name COLLATE NOCASE, f.id",
  date = "f.added_at DESC, f.id DESC",
  size = "f.size DESC, f.id",
  downloads = "f.downloads DESC, f.id",
}

-- --- the areas ---

local areas = {}   -- in the board's order, and by name
local policy       -- function(client, what, list) -> nil, or why not

local NUMBERS <const> = { see = 1, download = 1, upload = 1, max = 0, space = 0 }

local function check_area(i, area)
  if type(area) ~= "table" or type(area.name) ~= "string"
    or not area.name:find "^[%l%d_-]+$" then
    error(("area %d: a name of a-z, 0-9, _ and - expected"):format(i), 4)
  end
  local checked = {
    name = area.name,
    title = area.title or area.name,
    folder = area.folder or "areas/" .. area.name,
    about = area.about or "",
    approve = area.approve or false,
  }
  for field, standard in pairs(NUMBERS) do
    checked[field] = area[field] or standard
    if math.type(checked[field]) ~= "integer" or checked[field] < 0 then
      error(("area %s: %s: a number expected"):format(area.name, field), 4)
    end
  end
  return checked
end

-- files.define{ {name=, title=, about=, folder=, see=level, download=level, upload=level,
-- max=bytes of an upload, space=bytes in all, approve=}, ... , policy=function }: what the
-- areas are, from the first to the last.
function files.define(list)
  local new = {}
  for i, area in ipairs(list) do
    local checked = check_area(i, area)
    if new[checked.name] then error(("area %s: there are two"):format(checked.name), 3) end
    new[i], new[checked.name] = checked, checked
  end
  areas, policy = new, list.policy
end

local function is_sysop(client)
  return client.level >= settings.levels.sysop
end

local function may_see(client, area)
  return area and (client.level >= area.see or is_sysop(client))
end

-- files.area(name) -> what was defined, or nil
function files.area(name)
  return areas[name]
end

-- The names of those that a caller sees, as a list for SQL: they are checked.
local function visible(client, only)
  local names = {}
  for _, area in ipairs(areas) do
    if may_see(client, area) and (not only or area.name == only) then
      names[#names + 1] = "'" .. area.name .. "'"
    end
  end
  return "(" .. table.concat(names, ", ") .. ")"
end

-- What is not approved is seen by the sysops and by whose it is.
local function approved_for(client)
  if is_sysop(client) then return "1" end
  return ("(f.approved OR f.uploader = %d)"):format(disk.account(client) or -1)
end

-- files.seen_before(client) -> when the areas were looked at before this call; Unix seconds.
-- Waits.
function files.seen_before(client)
  local user = disk.account(client)
  if not user then return 0 end
  if not client.data.files_seen then
    db.run("INSERT INTO file_totals (user, seen_at) VALUES (?1, ?2) ON CONFLICT (user) "
      .. "DO UPDATE SET seen_before = seen_at, seen_at = ?2", user, os.time())
    client.data.files_seen =
      db.row("SELECT seen_before FROM file_totals WHERE user = ?", user).seen_before
  end
  return client.data.files_seen
end

-- files.areas(client) -> { {name=, title=, about=, files=, bytes=, new=}, ... }, those that the
-- caller sees.  Waits.
function files.areas(client)
  local counts = {}
  local rows = db.rows("SELECT f.area, count(*) AS files, sum(f.size) AS bytes, "
    .. "sum(f.added_at > ?) AS new FROM files f WHERE f.area IN " .. visible(client)
    .. " AND " .. approved_for(client) .. " GROUP BY f.area", files.seen_before(client))
  for _, row in ipairs(rows) do counts[row.area] = row end
  local list = {}
  for _, area in ipairs(areas) do
    if may_see(client, area) then
      local row = counts[area.name] or { files = 0, bytes = 0, new = 0 }
      row.name, row.title, row.about = area.name, area.title, area.about
      list[#list + 1] = row
    end
  end
  return list
end

-- --- what is in them ---

-- Every word has to be there, or to begin one.
local function match(text)
  local words = {}
  for word in text:gmatch '[^%s"*]+' do words[#words + 1] = '"' .. word .. '"*' end
  return table.concat(words, " ")
end

local function conditions(client, options, values)
  local where = { "f.area IN " .. visible(client, options.area), approved_for(client) }
  local function also(condition, value)
    where[#where + 1] = condition
    values[#values + 1] = value
  end
  local words = match(tostring(options.search or ""))
  if words ~= "" then
    also("f.id IN (SELECT rowid FROM files_text WHERE files_text MATCH ?)", words)
  end
  if options.since then also("f.added_at > ?", options.since) end
  if options.tagged then
    also("f.id IN (SELECT file FROM file_tags WHERE user = ?)", disk.account(client))
  end
  if options.waiting then where[#where + 1] = "NOT f.approved" end
  return FROM .. "WHERE " .. table.concat(where, " AND ")
end

local function add_tags(client, rows)
  local user = disk.account(client)
  if not user then return rows end
  for _, row in ipairs(rows) do
    row.tagged = db.row("SELECT 1 FROM file_tags WHERE user = ? AND file = ?", user, row.id)
      ~= nil
  end
  return rows
end

-- files.list(client, {area=, search=, since=Unix seconds, tagged=, waiting=, sort="name" "date"
-- "size" "downloads", rows=15, page=1}) -> rows, how many in all, their bytes.  Waits.
function files.list(client, options)
  options = options or {}
  local values = {}
  local from = conditions(client, options, values)
  local total = db.row("SELECT count(*) AS n, coalesce(sum(f.size), 0) AS bytes" .. from,
    table.unpack(values))
  local rows = math.max(1, math.min(options.rows or 15, 1000))
  local page = math.max(1, options.page or 1)
  local list = db.rows("SELECT " .. FIELDS .. from .. " ORDER BY "
    .. (SORTS[options.sort] or SORTS.name)
    .. (" LIMIT %d OFFSET %d"):format(rows, (page - 1) * rows), table.unpack(values))
  return add_tags(client, list), total.n, total.bytes
end

-- files.get(client, id) -> row, or nil: it is not there for this caller.  Waits.
function files.get(client, id)
  return db.row("SELECT " .. FIELDS .. FROM .. "WHERE f.id = ? AND f.area IN "
    .. visible(client) .. " AND " .. approved_for(client), id)
end

local function path_of(row)
  local area = areas[row.area]
  return area and area.folder .. "/" .. row.name
end

-- files.contents(row) -> { {name=, size=}, ... } of an archive, or nil and why not.  Waits.
function files.contents(row)
  if not disk.is_archive(row.name) then return nil, "It is no archive" end
  return disk.contents(path_of(row))
end

-- files.text(row) -> the text of a file, or nil and why not.  Waits.
function files.text(row)
  if disk.is_archive(row.name) then return nil, "It is an archive" end
  local text, why = disk.read(path_of(row))
  if not text then return nil, why end
  if text:find "\0" then return nil, "It is no text" end
  return text
end

files.is_archive = disk.is_archive

-- --- tags ---

-- files.protocol(client, [name]) -> the protocol the caller has chosen; it is kept.  Waits.
function files.protocol(client, name)
  if name then
    client.data.files_protocol = name
    if disk.account(client) then
      db.run("INSERT INTO file_totals (user, protocol) VALUES (?1, ?2) ON CONFLICT (user) "
        .. "DO UPDATE SET protocol = ?2", disk.account(client), name)
    end
  elseif not client.data.files_protocol then
    local row = db.row("SELECT protocol FROM file_totals WHERE user = ?", disk.account(client))
    client.data.files_protocol = row and row.protocol or "ZModem"
  end
  return client.data.files_protocol
end

-- files.tag(client, id, [on]): mark it for the next download, or no more; nothing for guests.
-- Waits.
function files.tag(client, id, on)
  local user = disk.account(client)
  if not user then return end
  if on == false then
    db.run("DELETE FROM file_tags WHERE user = ? AND file = ?", user, id)
  elseif files.get(client, id) then
    db.run("INSERT OR IGNORE INTO file_tags (user, file) VALUES (?, ?)", user, id)
  end
end

-- files.untag_all(client).  Waits.
function files.untag_all(client)
  db.run("DELETE FROM file_tags WHERE user = ?", disk.account(client))
end

-- --- downloads ---

-- files.totals(client) -> {uploads=, uploaded=bytes, downloads=, downloaded=bytes}.  Waits.
function files.totals(client)
  return db.row("SELECT uploads, uploaded, downloads, downloaded FROM file_totals "
    .. "WHERE user = ?", disk.account(client))
    or { uploads = 0, uploaded = 0, downloads = 0, downloaded = 0 }
end

local function count(user, what, bytes)
  if not user then return end
  local column <const> = { download = "downloads", upload = "uploads" }
  local sum <const> = { download = "downloaded", upload = "uploaded" }
  db.run(("INSERT INTO file_totals (user, %s, %s) VALUES (?1, 1, ?2) ON CONFLICT (user) DO "
    .. "UPDATE SET %s = %s + 1, %s = %s + ?2"):format(column[what], sum[what], column[what],
    column[what], sum[what], sum[what]), user, bytes)
end

-- files.may_download(client, rows) -> true, or nil and why not.  Waits where the board's policy
-- does.
function files.may_download(client, rows)
  for _, row in ipairs(rows) do
    local area = areas[row.area]
    if not area or client.level < area.download and not is_sysop(client) then
      return nil, ("%s is for level %d and above"):format(row.name, area and area.download or 0)
    end
  end
  local why = policy and not is_sysop(client) and policy(client, "download", rows)
  if why then return nil, why end
  return true
end

-- files.download(client, rows, [protocol]) -> as client:send_files, or nil and why not. What
-- has been sent is counted, and not marked any more.  Waits.
function files.download(client, rows, protocol)
  local ok, why = files.may_download(client, rows)
  if not ok then return nil, why end
  local list = { protocol = protocol }
  for i, row in ipairs(rows) do list[i] = { path = path_of(row), name = row.name } end
  local results = client:send_files(list)
  for i, result in ipairs(results) do
    if result.ok then
      db.run("UPDATE files SET downloads = downloads + 1 WHERE id = ?", rows[i].id)
      files.tag(client, rows[i].id, false)
      count(disk.account(client), "download", result.bytes)
    end
  end
  return results
end

-- --- what comes ---

local turns = {} -- areas that are being changed: a scan waits for an upload, and the other way

-- Whoever waits for it takes it: local turn <close> = wait_for_turn(name); turns[name] = turn
local function wait_for_turn(name)
  while turns[name] do time.sleep(0.02) end
  return setmetatable({}, { __close = function() turns[name] = nil end })
end

-- The first lines of a FILE_ID.DIZ, without the blank ones round them.
local function tidy(text)
  local lines = {}
  for line in (text .. "\n"):gmatch "([^\n]*)\n" do
    line = line:gsub("%s+$", "")
    if (line ~= "" or #lines > 0) and #lines < 30 then lines[#lines + 1] = line end
  end
  while lines[#lines] == "" do lines[#lines] = nil end
  return table.concat(lines, "\n")
end

local function add(area, name, found, more)
  return db.run("INSERT INTO files (area, name, size, modified, sha256, description, "
    .. "uploader, added_at, approved) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE "
    .. "SET size = excluded.size, modified = excluded.modified, sha256 = excluded.sha256",
    area.name, name,
    found.size, found.modified, found.sha256, tidy(more.description or found.description),
    more.uploader, os.time(), more.approved == false and 0 or 1).last_id
end

local function is_name_taken(area, name)
  return db.row("SELECT 1 FROM files WHERE area = ? AND name = ?", area.name, name) ~= nil
end

-- "moon.zip", "moon-2.zip" ...
local function free_name(area, name)
  local base, extension = name:match "^(.+)(%.[^.]*)$"
  local new, n = name, 1
  while is_name_taken(area, new) do
    n = n + 1
    new = ("%s-%d%s"):format(base or name, n, extension or "")
  end
  return new
end

-- A file that has come -> its id, or nil and why not. `by` is { user=, is_sysop=, folder= }.
local function take(by, area, name)
  local path = by.folder .. "/" .. name
  local found, why = disk.examine(path)
  if not found then return nil, why end
  local same = db.row("SELECT area, name FROM files WHERE sha256 = ?", found.sha256)
  if same then
    disk.remove(path)
    local known = areas[same.area]
    return nil, ("it is here already, as %s in %s"):format(same.name,
      known and known.title or same.area)
  end
  local turn <close> = wait_for_turn(area.name)
  turns[area.name] = turn
  local new = free_name(area, name)
  local id = add(area, new, found,
    { uploader = by.user, approved = not area.approve or by.is_sysop })
  local ok
  ok, why = disk.move(path, area.folder .. "/" .. new)
  if not ok then
    db.run("DELETE FROM files WHERE id = ?", id)
    disk.remove(path)
    return nil, why
  end
  count(by.user, "upload", found.size)
  return id
end

local orphans = {} -- what is left of uploads whose callers are gone, until it is taken

local function take_orphans()
  local list = orphans
  orphans = {}
  for _, orphan in ipairs(list) do
    local area = areas[orphan.area]
    for _, file in ipairs(area and disk.list(orphan.by.folder) or {}) do
      local id, why = take(orphan.by, area, file.name)
      log.info(("files: %s in %s: %s"):format(file.name, area.name,
        id and "its caller has hung up; it is taken" or why))
    end
  end
end

local function space_left(area)
  if area.space == 0 then return area.max end
  local used = db.row("SELECT coalesce(sum(size), 0) AS n FROM files WHERE area = ?", area.name)
  local left = math.max(area.space - used.n, 0)
  return area.max > 0 and math.min(area.max, left) or left
end

-- files.may_upload(client, area) -> true, or nil and why not.  Waits.
function files.may_upload(client, name)
  local area = areas[name]
  if not area or not may_see(client, area) then return nil, "There is no such area" end
  if client.level < area.upload and not is_sysop(client) then
    return nil, ("Uploads here are for level %d and above"):format(area.upload)
  end
  if area.space > 0 and space_left(area) == 0 then return nil, "The area is full" end
  local why = policy and not is_sysop(client) and policy(client, "upload", area)
  if why then return nil, why end
  return true
end

-- files.upload(client, area, [{protocol=, name=}]) -> as client:receive_files, with the `id` of
-- each file that is new, and its `description`; or nil and why not.  Waits.
function files.upload(client, name, options)
  local ok, why = files.may_upload(client, name)
  if not ok then return nil, why end
  local area = areas[name]
  local most = space_left(area)
  local by = {
    user = disk.account(client),
    is_sysop = is_sysop(client),
    folder = ("%s/%s-%s"):format(INCOMING, name, disk.account(client) or "guest"),
  }
  disk.list(INCOMING) -- they are made where they are missing
  disk.list(area.folder)
  local orphan <close> = setmetatable({ area = name, by = by }, { __close = function(self)
    if not self.is_done then orphans[#orphans + 1] = self end
  end })
  local results = client:receive_files(by.folder, {
    max = most > 0 and most or nil,
    protocol = options and options.protocol,
    name = options and options.name,
  })
  for _, result in ipairs(results) do
    if result.ok then
      result.id, result.reason = take(by, area, result.name)
      result.ok = result.id ~= nil
      local row = result.id and files.get(client, result.id)
      result.description = row and row.description
    end
  end
  orphan.is_done = true
  return results
end

-- files.describe(id, text).  Waits.
function files.describe(id, text)
  db.run("UPDATE files SET description = ? WHERE id = ?", tidy(text), id)
end

-- files.approve(id): everybody sees it, and it is new from now.  Waits.
function files.approve(id)
  db.run("UPDATE files SET approved = 1, added_at = ? WHERE id = ? AND NOT approved",
    os.time(), id)
end

-- files.remove(id) -> true, or nil and why not: the file goes, too.  Waits.
function files.remove(id)
  local row = db.row("SELECT area, name FROM files WHERE id = ?", id)
  if not row then return nil, "There is no such file" end
  local turn <close> = wait_for_turn(row.area)
  turns[row.area] = turn
  local ok, why = true, nil
  if areas[row.area] then ok, why = disk.remove(path_of(row)) end
  if not ok and not why:find "No such file" then return nil, why end
  db.run("DELETE FROM files WHERE id = ?", id)
  return true
end

-- files.move(id, area) -> true, or nil and why not.  Waits.
function files.move(id, name)
  local row = db.row("SELECT area, name FROM files WHERE id = ?", id)
  local area = areas[name]
  if not row or not areas[row.area] then return nil, "There is no such file" end
  if not area then return nil, "There is no such area" end
  if area.name == row.area then return true end
  -- In one order: nobody waits for a turn that waits for this one.
  local one, two = row.area, name
  if two < one then one, two = two, one end
  local first <close> = wait_for_turn(one)
  turns[one] = first
  local second <close> = wait_for_turn(two)
  turns[two] = second
  if is_name_taken(area, row.name) then
    return nil, ("%s has a file %s already"):format(area.title, row.name)
  end
  disk.list(area.folder)
  local ok, why = disk.move(path_of(row), area.folder .. "/" .. row.name)
  if not ok then return nil, why end
  db.run("UPDATE files SET area = ? WHERE id = ?", name, id)
  return true
end

-- --- what the sysop puts there ---

local function known_files(area)
  local known, last = {}, ""
  repeat
    local rows = db.rows("SELECT id, name, size, modified FROM files WHERE area = ? AND "
      .. "name > ? ORDER BY name LIMIT 1000", area.name, last)
    for _, row in ipairs(rows) do
      known[row.name] = row
      last = row.name
    end
    time.sleep(0)
  until #rows < 1000
  return known
end

local growing = {} -- [area][name] = size and time of a file that may still be written

-- Has it been as it is since it was looked at last?
local function is_still(area, file)
  local seen = growing[area.name] or {}
  local state = file.size .. " " .. file.modified
  growing[area.name] = seen
  if seen[file.name] == state then
    seen[file.name] = nil
    return true
  end
  seen[file.name] = state
  return false
end

local function take_change(area, file, row)
  local found, why = disk.examine(area.folder .. "/" .. file.name)
  if not found then
    log.warn(("files: %s in %s: %s"):format(file.name, area.name, why))
    return
  end
  if row then
    db.run("UPDATE files SET size = ?, modified = ?, sha256 = ?, description = CASE "
      .. "description WHEN '' THEN ? ELSE description END WHERE id = ?", found.size,
      found.modified, found.sha256, tidy(found.description), row.id)
  else
    add(area, file.name, found, {})
  end
  log.info(("files: %s in %s is %s"):format(file.name, area.name, row and "changed" or "new"))
end

local missed = {} -- [area][name]: it was missing when the area was looked at last

-- What was missing; what is now is remembered.
local function missing_of(area, known)
  local before = missed[area.name] or {}
  missed[area.name] = {}
  for name in pairs(known) do missed[area.name][name] = true end
  return before
end

-- Compare the folder with the store -> new or changed, gone, not ready yet.
local function scan(area, waits)
  local turn <close> = wait_for_turn(area.name)
  turns[area.name] = turn
  local parent = area.folder:match "^([^/].*)/"
  if parent then disk.list(parent) end -- it is made where it is missing
  local there, why = disk.list(area.folder)
  if not there then
    log.warn(("files: %s: %s"):format(area.name, why))
    return 0, 0, 0
  end
  local known = known_files(area)
  local new, gone, open = 0, 0, 0
  for i, file in ipairs(there) do
    local row = known[file.name]
    known[file.name] = nil
    if not row or row.size ~= file.size or row.modified ~= file.modified then
      if waits and not is_still(area, file) then
        open = open + 1
      else
        take_change(area, file, row)
        new = new + 1
      end
    end
    if i % STEP == 0 then time.sleep(0) end
  end
  -- Twice: between two looks another program may be moving it.
  local missing = missing_of(area, known)
  for name, row in pairs(known) do
    if waits and not missing[name] then
      open = open + 1
    else
      db.run("DELETE FROM files WHERE id = ?", row.id)
      log.info(("files: %s in %s is gone"):format(name, area.name))
      gone = gone + 1
    end
  end
  return new, gone, open
end

-- files.scan([area]) -> how many files were new or changed, how many are gone.  Waits.
function files.scan(name)
  local new, gone = 0, 0
  for _, area in ipairs(areas) do
    if not name or area.name == name then
      local n, g = scan(area, false)
      new, gone = new + n, gone + g
    end
  end
  return new, gone
end

local changed = {}  -- [area] = when its folder was last changed
local scan_again = {}
local next_sweep = 0

-- files.watch(): what has been put into the areas' folders, or taken out, since the last time.
-- For time.every(0.4, files.watch); a file is taken when it has not grown since the last time.
-- What is changed in place is found within a minute.  Waits.
function files.watch()
  take_orphans()
  local now = os.time()
  local sweeps = now >= next_sweep
  for _, area in ipairs(areas) do
    local at = disk.changed(area.folder)
    if not at or at ~= changed[area.name] or scan_again[area.name] or sweeps then
      changed[area.name] = at
      local _, _, open = scan(area, true)
      scan_again[area.name] = open > 0
    end
  end
  if sweeps and #areas > 0 then
    next_sweep = now + 60
    disk.clean(INCOMING, (now - settings.files.part_days * 86400) * 1000000000)
  end
end

-- --- perigee files ---

local commands = {}

local function list_line(print, row)
  local text = require "bbs.text"
  print(("%-10s  %-32s %11s  %s  %5d  %s%s"):format(row.area, row.name, text.size(row.size),
    os.date("%Y-%m-%d", row.added_at), row.downloads, row.approved == 0 and "(waiting) " or "",
    row.description:match "^[^\n]*"))
end

-- list [AREA] [WORDS ...]
function commands.list(print, words)
  local name = areas[words[1]] and table.remove(words, 1)
  local where, values = {}, {}
  if name then where[1], values[1] = "f.area = ?", name end
  local found = match(table.concat(words, " "))
  if found ~= "" then
    where[#where + 1] = "f.id IN (SELECT rowid FROM files_text WHERE files_text MATCH ?)"
    values[#values + 1] = found
  end
  local condition = #where > 0 and "WHERE " .. table.concat(where, " AND ") or ""
  local offset = 0
  repeat
    local rows = db.rows("SELECT " .. FIELDS .. FROM .. condition
      .. (" ORDER BY f.area, f.name LIMIT 500 OFFSET %d"):format(offset), table.unpack(values))
    for _, row in ipairs(rows) do list_line(print, row) end
    offset = offset + #rows
  until #rows < 500
  if offset == 0 then return nil, "there is no such file" end
  return true
end

local function check_area_name(name)
  if areas[name] then return true end
  local names = {}
  for i, area in ipairs(areas) do names[i] = area.name end
  return nil, ("there is no area '%s': %s"):format(tostring(name),
    #names > 0 and "there are " .. table.concat(names, ", ") or "the board defines none")
end

-- scan [AREA]
function commands.scan(print, words)
  for _, area in ipairs(areas) do
    if not words[1] or words[1] == area.name then
      local new, gone = files.scan(area.name)
      print(("%-10s  %d new or changed, %d gone"):format(area.name, new, gone))
    end
  end
  if words[1] then return check_area_name(words[1]) end
  return true
end

-- add AREA NAME ..., of files that stand in the incoming folder
function commands.add(print, words)
  local ok, why = check_area_name(words[1])
  if not ok then return nil, why end
  disk.list(areas[words[1]].folder)
  local last
  for i = 2, #words do
    local id, reason = take({ is_sysop = true, folder = INCOMING }, areas[words[1]], words[i])
    if id then
      print(("%s was added to %s"):format(words[i], words[1]))
    else
      last = words[i] .. ": " .. reason
      print(last)
    end
  end
  if last then return nil, last end
  return true
end

local function find_named(name)
  local area, rest = name:match "^([^/]+)/(.+)$"
  local row = db.row("SELECT id FROM files WHERE area = ? AND name = ?", area, rest)
  if row then return row.id end
  return nil, ("there is no file '%s': expected AREA/NAME"):format(name)
end

-- move AREA/NAME AREA
function commands.move(print, words)
  local id, why = find_named(words[1])
  local ok = id
  if ok then ok, why = check_area_name(words[2]) end
  if ok then ok, why = files.move(id, words[2]) end
  if not ok then return nil, why end
  print(("%s is in %s now"):format(words[1], words[2]))
  return true
end

-- remove AREA/NAME ...
function commands.remove(print, words)
  for _, word in ipairs(words) do
    local id, why = find_named(word)
    local ok = id
    if ok then ok, why = files.remove(id) end
    if not ok then return nil, why end
    print(word .. " was removed")
  end
  return true
end

-- files.command(words, print) -> true, or nil and why not: `perigee files`.  Waits.
function files.command(words, print)
  if #areas == 0 then return nil, "the board has no file areas: see lua/areas.lua" end
  return commands[table.remove(words, 1)](print, words)
end

return files
