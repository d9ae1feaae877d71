-- files.lua -- bbs.files: the file areas. The disk has the files, the store what is known of
-- them; who drops a file into an area's folder has added it.
local disk = require "core.files"
local descriptions = require "core.descriptions"
local db = require "bbs.db"
local loading = require "core.loading"
local log = require "bbs.log"
local settings = require "bbs.settings"
local time = require "bbs.time"

local files = {}
local tidy = descriptions.tidy

local INCOMING <const> = "incoming" -- where uploads stand until they are looked at
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

local NUMBERS <const> = { see = 1, download = 1, upload = 1, max = 0, space = 0, files = 1000 }
local OTHERS <const> = { name = "string", title = "string", folder = "string",
  about = "string", approve = "boolean" }

local function refuse(area, format, ...)
  error(("area %s: " .. format):format(area, ...), 4)
end

local function check_area(i, area)
  if type(area) ~= "table" or type(area.name) ~= "string"
    or not area.name:find "^[%l%d_-]+$" then
    refuse(i, "a name of a-z, 0-9, _ and - expected")
  end
  for field, value in pairs(area) do
    if NUMBERS[field] and (math.type(value) ~= "integer" or value < 0) then
      refuse(area.name, "%s: a number expected", field)
    elseif OTHERS[field] and type(value) ~= OTHERS[field] then
      refuse(area.name, "%s: a %s expected", field, OTHERS[field])
    elseif not NUMBERS[field] and not OTHERS[field] then
      refuse(area.name, "there is no '%s' of an area", tostring(field))
    end
  end
  local checked = {
    name = area.name,
    title = area.title or area.name,
    folder = area.folder or "areas/" .. area.name,
    about = area.about or "",
    approve = area.approve or false,
  }
  for field, standard in pairs(NUMBERS) do checked[field] = area[field] or standard end
  local why = disk.why_no_place(checked.folder .. "/x")
  if why then refuse(area.name, "folder: %s", why) end
  return checked
end

-- files.define{ {name=, title=, about=, folder=, see=level, download=level, upload=level,
-- max=bytes of an upload, space=bytes in all, files=of one upload, approve=}, ... ,
-- policy=function }: what the areas are, from the first to the last. Called in lua/areas.lua.
function files.define(list)
  local new = {}
  for i, area in ipairs(list) do
    local checked = check_area(i, area)
    if new[checked.name] then error(("area %s: there are two"):format(checked.name), 2) end
    new[i], new[checked.name] = checked, checked
  end
  for field, value in pairs(list) do
    if type(field) == "string" and field ~= "policy" then
      error(("there is no '%s' beside the areas: 'policy' expected"):format(field), 2)
    elseif field == "policy" and type(value) ~= "function" then
      error("policy: a function expected", 2)
    end
  end
  loading.register(function() areas, policy = new, list.policy end)
end

local function is_sysop(client)
  return client.level >= settings.levels.sysop
end

local function may_see(client, area)
  return area and (client.level >= area.see or is_sysop(client))
end

-- files.defined() -> all areas in the board's order, whoever may see them, and the policy
function files.defined()
  return areas, policy
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
  return add_tags(client, db.rows("SELECT " .. FIELDS .. FROM .. "WHERE f.id = ? AND f.area IN "
    .. visible(client) .. " AND " .. approved_for(client), id))[1]
end

local function path_of(row)
  local area = areas[row.area]
  return area and area.folder .. "/" .. row.name
end

-- What the disk says, for callers.
local function plainly(why)
  return why:find "No such file" and "It has been removed" or why
end

-- files.contents(row) -> { {name=, size=}, ... } of an archive, or nil and why not.  Waits.
function files.contents(row)
  if not disk.is_archive(row.name) then return nil, "It is no archive" end
  local list, why = disk.contents(path_of(row))
  if not list then return nil, plainly(why) end
  return list
end

-- files.text(client, row) -> the text of a file that the caller may download, or nil and why
-- not.  Waits.
function files.text(client, row)
  if disk.is_archive(row.name) then return nil, "It is an archive" end
  local ok, why = files.may_download(client, { row })
  if not ok then return nil, why end
  local text
  text, why = disk.read(path_of(row))
  if not text then return nil, plainly(why) end
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

local function counting(user, what, bytes)
  local column <const> = { download = "downloads", upload = "uploads" }
  local sum <const> = { download = "downloaded", upload = "uploaded" }
  return { ("INSERT INTO file_totals (user, %s, %s) VALUES (?1, 1, ?2) ON CONFLICT (user) DO "
    .. "UPDATE SET %s = %s + 1, %s = %s + ?2"):format(column[what], sum[what], column[what],
    column[what], sum[what], sum[what]), user, bytes }
end

local function why_not_download(client, row)
  local area = areas[row.area]
  if not area then return "its area is closed" end
  if client.level >= area.download or is_sysop(client) then return nil end
  return ("it is for level %d and above"):format(area.download)
end

-- files.may_download(client, rows) -> true, or nil and why not.  Waits where the board's policy
-- does.
function files.may_download(client, rows)
  for _, row in ipairs(rows) do
    local why = why_not_download(client, row)
    if why then return nil, row.name .. ": " .. why end
  end
  local why = policy and not is_sysop(client) and policy(client, "download", rows)
  if why then return nil, why end
  return true
end

local BATCH <const> = 900 -- statements at once

local function count_sent(user, rows, results)
  local batch = {}
  for i, result in ipairs(results) do
    if result.ok then
      batch[#batch + 1] = { "UPDATE files SET downloads = downloads + 1 WHERE id = ?",
        rows[i].id }
      if user then
        batch[#batch + 1] = { "DELETE FROM file_tags WHERE user = ? AND file = ?", user,
          rows[i].id }
        batch[#batch + 1] = counting(user, "download", result.bytes)
      end
    end
    if #batch > 0 and (i == #results or #batch > BATCH) then
      db.batch(batch)
      batch = {}
    end
  end
end

-- What the caller may have, and results for the rest.
local function split(client, rows)
  local mine, refused = {}, {}
  for _, row in ipairs(rows) do
    local why = why_not_download(client, row)
    if why then
      refused[#refused + 1] = { name = row.name, ok = false, reason = why, bytes = 0,
        resumed = 0, seconds = 0 }
    else
      mine[#mine + 1] = row
    end
  end
  return mine, refused
end

-- files.download(client, rows, [protocol]) -> as client:send_files, or nil and why not: those
-- that the caller may have. What has been sent is counted, and not marked any more, also if the
-- line drops meanwhile.  Waits.
function files.download(client, rows, protocol)
  local mine, refused = split(client, rows)
  local ok, why = files.may_download(client, #mine > 0 and mine or rows)
  if not ok then return nil, why end
  local list = { protocol = protocol }
  for i, row in ipairs(mine) do list[i] = { path = path_of(row), name = row.name } end
  local user = disk.account(client)
  local is_over, results = pcall(client.send_files, client, list)
  count_sent(user, mine, is_over and results or list.results or {})
  if not is_over then error(results, 0) end
  for _, result in ipairs(results) do
    result.reason = result.reason and plainly(result.reason)
  end
  table.move(refused, 1, #refused, #results + 1, results)
  return results
end

-- --- what comes ---

-- The area's: a scan waits for an upload, and the other way.
local function wait_for_turn(name)
  local turn = disk.turn(name)
  while not turn do
    time.sleep(0.02)
    turn = disk.turn(name)
  end
  return turn
end

-- `more` is { uploader=, approved=, listed=what a list of the sysop's says of it }.
local function adding(area, name, found, more)
  return { "INSERT INTO files (area, name, size, modified, sha256, description, listed, "
    .. "uploader, added_at, approved) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO "
    .. "UPDATE SET size = excluded.size, modified = excluded.modified, "
    .. "sha256 = excluded.sha256",
    area.name, name,
    found.size, found.modified, found.sha256, more.listed or tidy(found.description),
    more.listed, more.uploader, os.time(), more.approved == false and 0 or 1, n = 11 }
end

-- -> a statement, or nil where a list says nothing, or nothing else than before
local function describing(row, listed)
  if not listed or listed == row.listed then return nil end
  return { "UPDATE files SET description = ?1, listed = ?1 WHERE id = ?2", listed, row.id }
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

local function space_left(area)
  if area.space == 0 then return math.maxinteger end
  local used = db.row("SELECT coalesce(sum(size), 0) AS n FROM files WHERE area = ?", area.name)
  return math.max(area.space - used.n, 0)
end

-- Nobody is told of what they may not see.
local function known_as(by, same)
  local area = areas[same.area]
  local sees = by.is_sysop or area and by.level >= area.see
    and (same.approved == 1 or same.uploader == by.user)
  return sees and ("it is here already, as %s in %s"):format(same.name,
    area and area.title or same.area) or "it is here already"
end

-- Where a file is to go -> its name there; if it has a row already, that, and why not if the
-- file is there, too; or nil and why not.
local function find_room(by, area, name, found)
  local same = db.row("SELECT id, area, name, approved, uploader FROM files WHERE sha256 = ?",
    found.sha256)
  if not same then
    if found.size > space_left(area) then return nil, "the area is full" end
    return free_name(area, name)
  end
  local why = known_as(by, same)
  if same.area ~= area.name or same.uploader ~= by.user then return nil, why end
  return same.name, same.id, why
end

-- The area's folder, and the one that all areas of the data folder are in.
local function make_folder(area)
  local parent = area.folder:match "^([^/].*)/"
  if parent then disk.make(parent) end
  disk.make(area.folder)
end

local said = {} -- [where]: what is wrong there, and has been said

local function say(where, what)
  if what and said[where] ~= what then log.warn(("files: %s: %s"):format(where, what)) end
  said[where] = what
end

local LIST_MOST <const> = 1 << 20 -- bytes

local lists = {}  -- [area]: its lists of descriptions, as the last scan has found them
local stamps = {} -- [area]: of those whose descriptions are all in the store

-- What of the area's lists are in a folder, and what says whether they are others than before.
local function find_lists(there)
  local found, stamp = {}, ""
  for _, name in ipairs(descriptions.LISTS) do
    local list = there:find(name)
    if list then
      found[#found + 1] = list
      stamp = stamp .. list.name .. list.changed .. "/"
    end
  end
  return found, stamp
end

-- What an area's lists say -> texts, for descriptions.of. Of what can't be read, nothing.
local function read_lists(area, found)
  local texts = {}
  for _, list in ipairs(found) do
    local text, why = nil, "it has more than 1 MiB"
    if list.size <= LIST_MOST then
      text, why = disk.read_list(area.folder .. "/" .. list.name,
        descriptions.has_marks(list.name))
    end
    if text then
      why = descriptions.add(texts, list.name, text)
    else
      why = "it is not read: " .. why
    end
    say(area.name .. "/" .. list.name, why)
  end
  return texts
end

-- What they say of one file, or nil; without a scan before, as for a command.
local function listed_of(area, name)
  local found = lists[area.name]
  if not found then
    local there = disk.list(area.folder)
    found = there and find_lists(there) or {}
  end
  return descriptions.of(read_lists(area, found), name)
end

-- A file that has come -> its id, and its name there; or nil and why not. `by` is { user=,
-- level=, is_sysop=, folder=, is_gone= }: who is gone is not told, and what can't be moved,
-- to a disk that is away, is kept for another try.
local function take(by, area, name)
  local path = by.folder .. "/" .. name
  if descriptions.is_list(name) then
    disk.remove(path)
    return nil, "that is what a sysop's list of descriptions is called"
  end
  local found, why = disk.examine(path)
  if not found then return nil, why end
  local _turn_of_all <close> = wait_for_turn "*" -- nobody adds the same meanwhile
  local _turn <close> = wait_for_turn(area.name)
  local new, known, known_why = find_room(by, area, name, found)
  if not new then
    disk.remove(path)
    return nil, known
  end
  -- Its row may be there, without the file: its caller has hung up in between.
  local id = known or db.batch { adding(area, new, found,
    { uploader = by.user, approved = not area.approve or by.is_sysop,
      listed = listed_of(area, new) }) }.last_id
  make_folder(area)
  local ok
  ok, why = disk.move(path, area.folder .. "/" .. new)
  if not ok then
    if not known then db.run("DELETE FROM files WHERE id = ?", id) end
    if not by.is_gone or known and why:find "File exists" then disk.remove(path) end
    return nil, known and known_why or why
  end
  if by.user then db.batch { counting(by.user, "upload", found.size) } end
  return id, new
end

local STEP <const> = 200 -- entries between two rests

-- The entries of a list of core.files, with rests.
local function entries(list)
  local part, i = nil, 0
  return function()
    if not part or i == #part then
      if part then time.sleep(0) end
      part, i = list:next(STEP), 0
      if not part then return nil end
    end
    i = i + 1
    return part[i]
  end
end

-- What is left of uploads whose callers are gone: folders AREA-USER that nobody is sending to.
local function take_left(name)
  local area_name, user = name:match "^([%l%d_-]+)-(%w+)$"
  local area = areas[area_name]
  local folder = INCOMING .. "/" .. name
  local busy <close> = disk.turn(folder)
  if not area or not busy then return end
  local by = { user = math.tointeger(tonumber(user)), level = 0, folder = folder,
    is_gone = true }
  local there = disk.list(folder)
  if not there then return end
  for file in entries(there) do
    local id, why = take(by, area, file.name)
    log.info(("files: %s in %s: %s"):format(file.name, area.name,
      id and "its caller has hung up; it is taken" or why))
  end
end

local left = {} -- such folders, by name, that are known of; others are found by a sweep

local function take_all_left(sweeps)
  local names = left
  left = {}
  if sweeps then
    for folder in entries(disk.folders(INCOMING) or { next = function() end }) do
      names[folder.name] = true
    end
  end
  for name in pairs(names) do take_left(name) end
end

-- files.may_upload(client, area) -> true, or nil and why not.  Waits.
function files.may_upload(client, name)
  local area = areas[name]
  if not area or not may_see(client, area) then return nil, "There is no such area" end
  if client.level < area.upload and not is_sysop(client) then
    return nil, ("Uploads here are for level %d and above"):format(area.upload)
  end
  if space_left(area) == 0 then return nil, "The area is full" end
  local why = policy and not is_sysop(client) and policy(client, "upload", area)
  if why then return nil, why end
  return true
end

-- files.upload(client, area, [{protocol=, name=}]) -> as client:receive_files, with the `id` of
-- each file that is new, the name that it is `stored` as, and its `description`; or nil and why
-- not.  Waits.
function files.upload(client, name, options)
  local ok, why = files.may_upload(client, name)
  if not ok then return nil, why end
  local area = areas[name]
  local folder = ("%s-%s"):format(name, disk.account(client) or "guest" .. client.id)
  local by = {
    user = disk.account(client),
    level = client.level,
    is_sysop = is_sysop(client),
    folder = INCOMING .. "/" .. folder,
  }
  local busy <close> = disk.turn(by.folder)
  if not busy then return nil, "You are sending files there already, on another line" end
  local space = space_left(area)
  if space == 0 then return nil, "The area is full" end
  disk.make(INCOMING)
  left[folder] = true
  local results = client:receive_files(by.folder, {
    max = area.max,
    space = space < math.maxinteger and space or nil,
    files = area.files,
    protocol = options and options.protocol,
    name = options and options.name,
  })
  for _, result in ipairs(results) do
    if result.ok then
      local id, stored = take(by, area, result.name)
      result.ok, result.id = id ~= nil, id
      if id then result.stored = stored else result.reason = stored end
      local row = id and files.get(client, id)
      result.description = row and row.description
    end
  end
  return results
end

-- files.may_describe(client, row): the sysops may, and whose it is.
function files.may_describe(client, row)
  return is_sysop(client) or row.uploader ~= nil and row.uploader == disk.account(client)
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
  local _turn <close> = wait_for_turn(row.area)
  local ok, why = true, nil
  if areas[row.area] then ok, why = disk.remove(path_of(row)) end
  if not ok and not why:find "No such file" then return nil, why end
  db.run("DELETE FROM files WHERE id = ?", id)
  return true
end

-- files.move(id, area) -> true, or nil and why not.  Waits.
function files.move(id, name)
  local row = db.row("SELECT id, area, name, listed FROM files WHERE id = ?", id)
  local area = areas[name]
  if not row or not areas[row.area] then return nil, "There is no such file" end
  if not area then return nil, "There is no such area" end
  if area.name == row.area then return true end
  -- In one order: nobody waits for a turn that waits for this one.
  local one, two = row.area, name
  if two < one then one, two = two, one end
  local _turn_one <close> = wait_for_turn(one)
  local _turn_two <close> = wait_for_turn(two)
  if is_name_taken(area, row.name) then
    return nil, ("%s has a file %s already"):format(area.title, row.name)
  end
  make_folder(area)
  local ok, why = disk.move(path_of(row), area.folder .. "/" .. row.name)
  if not ok then return nil, why end
  db.batch { { "UPDATE files SET area = ? WHERE id = ?", name, id },
    describing(row, listed_of(area, row.name)) }
  return true
end

-- --- what the sysop puts there ---

local ROWS <const> = 500 -- with the longest texts they are less than the store gives at once

-- The area's rows in the order of their names, one at a call; nil behind the last.
local function known_files(area)
  local rows, i, last = {}, 0, ""
  return function()
    if i == #rows and last then
      rows, i = db.rows("SELECT id, name, size, modified, listed FROM files WHERE area = ? AND "
        .. "name > ? ORDER BY name LIMIT ?", area.name, last, ROWS), 0
      last = #rows == ROWS and rows[ROWS].name or nil
    end
    i = i + 1
    return rows[i]
  end
end

-- What has changed is written a hundred at a time.
local BATCH_MOST <const> = 100

local function write_changes(changes)
  if #changes == 0 then return end
  db.batch(changes)
  for _, change in ipairs(changes) do log.info(change.text) end
end

-- -> a statement, and the text that says it; or nil: the file can't be read. `listed` is of one
-- that is new.
local function take_change(area, file, row, listed)
  local found, why = disk.examine(area.folder .. "/" .. file.name)
  if not found then
    log.warn(("files: %s in %s: %s"):format(file.name, area.name, why))
    return nil
  end
  local change = adding(area, file.name, found, { listed = listed })
  if row then
    change = { "UPDATE files SET size = ?, modified = ?, sha256 = ?, description = CASE "
      .. "description WHEN '' THEN ? ELSE description END WHERE id = ?", found.size,
      found.modified, found.sha256, tidy(found.description), row.id }
  end
  change.text = ("files: %s in %s is %s"):format(file.name, area.name,
    row and "changed" or "new")
  return change
end

-- What stands in the area's folder. It is made where it is missing, but for an area that has
-- had files: it may be a disk that is not there, and what is known of them is to stay.
local function list_area(area)
  local there, why = disk.list(area.folder)
  if not there and not db.row("SELECT 1 FROM files WHERE area = ?", area.name) then
    make_folder(area)
    there, why = disk.list(area.folder)
  end
  local what
  if not there then
    what = "its folder can't be read, what is known of its files stays: " .. why
  elseif there:is_cut() then
    what = "there are too many files in its folder: some are not seen"
  elseif there:left_out() > 0 then
    what = there:left_out() .. " left out: links, folders and names that can't be shown"
  end
  say(area.name, what)
  return there
end

-- What of them are files of the area, one at a call.
local function area_files(there)
  local next_file = entries(there)
  return function()
    local file
    repeat file = next_file() until not file or not descriptions.is_list(file.name)
    return file
  end
end

local STILL <const> = 300000000 -- nanoseconds: what is still being written has changed since

-- A scan: what has come of it so far.
local function new_scan(area, there, waits)
  local found, stamp = find_lists(there)
  return {
    area = area,
    lists = found,
    stamp = stamp,
    describes = stamp ~= stamps[area.name], -- anew what is known
    texts = nil, -- of the lists, as soon as somebody asks for one
    before = waits and math.floor(time.now() * 1e9) - STILL or math.maxinteger,
    waits = waits,
    changes = {}, -- to be written
    new = 0, gone = 0,
    open = 0, -- to be looked at again
    missing = {},
  }
end

local function note_change(s, change)
  s.changes[#s.changes + 1] = change
  if #s.changes < BATCH_MOST then return end
  write_changes(s.changes)
  s.changes = {}
end

-- A list that is still being written says nothing yet.
local function wait_for_lists(s)
  for _, list in ipairs(s.lists) do
    if list.changed > s.before then
      s.open = s.open + 1
      s.texts, s.stamp = {}, nil
    end
  end
end

-- What the lists say of a file, or nil. They are read where that matters only.
local function listed_in(s, name)
  s.texts = s.texts or read_lists(s.area, s.lists)
  return descriptions.of(s.texts, name)
end

-- True: a list says something else of it than it has said before.
local function describe(s, row)
  local change = describing(row, listed_in(s, row.name))
  if not change then return false end
  change.text = ("files: %s in %s is described anew"):format(row.name, s.area.name)
  note_change(s, change)
  return true
end

local function compare(s, file, row)
  local is_described = row and s.describes and describe(s, row)
  if row and row.size == file.size and row.modified == file.modified then
    s.new = s.new + (is_described and 1 or 0)
    return
  end
  if file.changed > s.before then
    s.open = s.open + 1
  else
    s.new = s.new + 1
    note_change(s, take_change(s.area, file, row, not row and listed_in(s, file.name) or nil))
  end
end

local missed = {} -- [area][name]: it was missing when the area was looked at last

-- Known, and not there. Twice: between two looks another program may be moving it.
local function miss(s, row)
  if s.waits and not (missed[s.area.name] or {})[row.name] then
    s.missing[row.name] = true
    s.open = s.open + 1
  else
    s.gone = s.gone + 1
    note_change(s, { "DELETE FROM files WHERE id = ?", row.id,
      text = ("files: %s in %s is gone"):format(row.name, s.area.name) })
  end
end

-- Compare the folder with the store, both in the order of names -> new or changed, gone, not
-- ready yet.
local function scan(area, waits)
  local _turn <close> = wait_for_turn(area.name)
  local there = list_area(area)
  if not there then return 0, 0, 0 end
  local s = new_scan(area, there, waits)
  wait_for_lists(s)
  local next_file, next_row = area_files(there), known_files(area)
  local file, row = next_file(), next_row()
  while file or row do
    if file and (not row or file.name <= row.name) then
      local is_known = row and row.name == file.name
      compare(s, file, is_known and row or nil)
      file = next_file()
      if is_known then row = next_row() end
    else
      if not there:is_cut() then miss(s, row) end
      row = next_row()
    end
  end
  write_changes(s.changes)
  missed[area.name] = s.missing
  lists[area.name], stamps[area.name] = s.lists, s.stamp
  return s.new, s.gone, s.open
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

local function are_lists_saved(area)
  for _, list in ipairs(lists[area.name] or {}) do
    if disk.changed(area.folder .. "/" .. list.name) ~= list.changed then return true end
  end
  return false
end

-- files.watch(): what has been put into the areas' folders, or taken out, since the last time.
-- For time.every(0.4, files.watch); a file is taken when it has not grown since the last time.
-- What else is changed in place than the lists is found within a minute.  Waits.
function files.watch()
  local now = os.time()
  local sweeps = now >= next_sweep
  take_all_left(sweeps)
  for _, area in ipairs(areas) do
    local at = disk.changed(area.folder)
    if not at or at ~= changed[area.name] or scan_again[area.name] or sweeps
      or are_lists_saved(area) then
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
  if offset > 0 then return true end
  return nil, name and #words == 0 and "the area is empty"
    or #words == 0 and "there are no files" or "no file has all these words"
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

-- add AREA FOLDER NAME ..., of files that stand in a folder of incoming
function commands.add(print, words)
  local ok, why = check_area_name(words[1])
  if not ok then return nil, why end
  local by = { is_sysop = true, folder = INCOMING .. "/" .. words[2] }
  local refused = 0
  for i = 3, #words do
    local id, name = take(by, areas[words[1]], words[i])
    if id then
      print(("%s was added to %s%s"):format(words[i], words[1],
        name ~= words[i] and " as " .. name or ""))
    else
      print(words[i] .. ": " .. name)
      refused = refused + 1
    end
  end
  if refused == 0 then return true end
  return nil, ("%d of %d were not added"):format(refused, #words - 2)
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
  if #areas == 0 then
    return nil, "the board has no file areas: see lua/areas.lua, and 'perigee check'"
  end
  return commands[table.remove(words, 1)](print, words)
end

return files
