-- The file areas, in the order in which callers see them. What a sysop puts into an area's
-- folder, data/files/areas/NAME, is there for callers within a second.
--
-- Of each: name, title, about, the levels from which one may `see`, `download` and `upload`,
-- `max` (bytes of a file), `space` (bytes of the area), `files` (of one upload),
-- `approve = true` (a sysop looks at uploads first), `folder` (another place: see files.roots
-- in the settings).
local files = require "bbs.files"

files.define {
  { name = "art", title = "Art", about = "ANSI, ASCII, and tools",
    see = 1, download = 1, upload = 10 },
  { name = "texts", title = "Texts", about = "To be read, or printed",
    see = 1, download = 1, upload = 10 },
  { name = "programs", title = "Programs", about = "For machines of all ages",
    see = 1, download = 10, upload = 10, approve = true, max = 100000000 },

  -- Who may take what: a ratio, for instance. Nothing is refused here. `what` is "download",
  -- with a list of files, or "upload", with the area; a text says why not.
  policy = function(_client, _what, _about)
    return nil
  end,
}
