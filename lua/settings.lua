-- The board's settings: `perigee help settings` lists them, `perigee check` finds what is wrong
-- with them.
return {
  -- Handlers that the board calls by itself: "03:30", "mon 04:00", "every 15m".
  schedule = {
    ["maintenance.nightly"] = "03:30",
  },

  -- Programs for callers, behind D in the main menu.
  doors = {
    lander = {
      title = "Moon Lander",
      about = "Set down softly, with fuel to spare",
      argv = { "sh", "lander.sh", "%DROP%/DOOR.SYS", "%KEEP%" },
      folder = "doors/lander",
      dropfile = "DOOR.SYS",
      charset = "cp437",
      minutes = 20,
      user = "self", -- it gives nobody a shell
    },
  },
}
