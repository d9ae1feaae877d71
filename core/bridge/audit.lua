-- audit.lua -- bbs.audit: what sysops have done, which nobody can change afterwards.
local db = require "bbs.db"
local log = require "bbs.log"
local text = require "bbs.text"

local audit = {}

local MOST <const> = 200 -- columns of each text

-- On one row; what is cut says so.
local function clean(value)
  local row = text.strip(tostring(value or "")):gsub("%s+", " ")
  if text.width(row) <= MOST then return row end
  return text.cut(row, MOST - 3) .. "..."
end

-- audit.add(client, what, [subject], [detail]): `what` is a short verb phrase such as "lock
-- account", `subject` whom or what it was done to. It is in the log, too.  Waits.
function audit.add(client, what, subject, detail)
  local row = { client.user_id, client.address, clean(what), clean(subject), clean(detail) }
  log.info(("audit: %s (%s): %s %s %s"):format(table.unpack(row)))
  db.run("INSERT INTO audit (at, who, address, what, subject, detail) "
    .. "VALUES (?, ?, ?, ?, ?, ?)", os.time(), table.unpack(row))
end

-- audit.list{search=text, rows=15, page=1} -> rows, the newest first, and how many in all.
-- Waits.
function audit.list(options)
  options = options or {}
  local rows = math.max(1, math.min(options.rows or 15, 1000))
  local page = math.max(1, options.page or 1)
  local like = "%" .. tostring(options.search or ""):gsub("[\\%%_]", "\\%0") .. "%"
  local where <const> = " FROM audit WHERE who || ' ' || address || ' ' || what || ' ' || "
    .. "subject || ' ' || detail LIKE ?1 ESCAPE '\\'"
  local total = db.row("SELECT count(*) AS n" .. where, like).n
  return db.rows("SELECT id, at, who, address, what, subject, detail" .. where
    .. " ORDER BY id DESC LIMIT ?2 OFFSET ?3", like, rows, (page - 1) * rows), total
end

return audit
