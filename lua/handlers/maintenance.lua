-- What the board does by itself, at the times that `schedule` in lua/settings.lua says.
local db = require "bbs.db"
local log = require "bbs.log"
local maintenance = {}

local WALL_LINES <const> = 1000 -- that are kept; a caller sees ten
local PAGE_DAYS <const> = 180 -- for whom nobody has come since
local DRAFT_DAYS <const> = 90 -- of texts that were begun when a line dropped
local DAY <const> = 86400

-- schedule = { ["maintenance.nightly"] = "03:30" }: what would be kept without end goes.
function maintenance.nightly(job)
  local wall = db.run("DELETE FROM wall_lines WHERE id <= (SELECT id FROM wall_lines "
    .. "ORDER BY id DESC LIMIT 1 OFFSET ?)", WALL_LINES)
  local pages = db.run("DELETE FROM pages WHERE at < ?", os.time() - PAGE_DAYS * DAY)
  local drafts = db.run("DELETE FROM drafts WHERE saved_at < ?", os.time() - DRAFT_DAYS * DAY)
  log.info(("%s: %d lines of the wall, %d pages and %d drafts are gone"):format(job.name,
    wall.changes, pages.changes, drafts.changes))
end

return maintenance
