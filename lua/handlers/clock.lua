-- A bot: in every room it answers "!time", and "!roll 20" with a die of so many sides.
local rooms = require "bbs.rooms"

local answers = {}

function answers.time()
  return os.date "It is %H:%M on %A."
end

function answers.roll(rest)
  local sides = math.tointeger(tonumber(rest)) or 6
  if sides < 2 or sides > 1000 then return "My dice have 2 to 1000 sides." end
  return ("The die with %d sides shows %d."):format(sides, math.random(sides))
end

rooms.listen("clock", function(room, line)
  local word, rest = line.text:match "^!(%a+)%s*(.*)$"
  local answer = line.kind == "say" and word and answers[word:lower()]
  if answer then room:announce("clock", answer(rest)) end
end)

return {}
