-- What the board does by itself, when, and what became of it; and doing one now.
local audit = require "bbs.audit"
local list = require "bbs.list"
local schedule = require "bbs.schedule"
local sysop = require "bbs.sysop"
local screen = {}

local function when(at)
  return at and os.date("%m-%d %H:%M", at) or "-"
end

-- <% each:sysop.schedule.list(rows=13, grows=true) %>
function screen.list(client, args)
  local all, rows = schedule.list(), {}
  client.data.jobs = all
  for i = (args.page - 1) * args.rows + 1, math.min(args.page * args.rows, #all) do
    local job = all[i]
    rows[#rows + 1] = {
      no = i,
      handler = job.handler,
      times = job.times,
      last = when(job.started),
      ending = job.ending,
      next = when(job.next),
    }
  end
  return rows, #all
end

-- <% if:sysop.schedule.is_empty %>
function screen.is_empty(client)
  return #client.data.jobs == 0
end

local function run(client)
  local number = sysop.ask(client, "Which number", 5)
  if not number or number == "" then return "refresh" end
  local job = client.data.jobs[tonumber(number)]
  if not job then return "refresh", "There is no such number." end
  local ok, why = schedule.run(job.handler)
  if not ok then return "refresh", ("%s: %s."):format(job.handler, why) end
  audit.add(client, "run now", job.handler)
  return "refresh", job.handler .. " has begun."
end

-- <% key:sysop.schedule.pick %>
function screen.pick(client, key)
  key = key:lower()
  if key == "enter" then return run(client) end
  if key == "r" then return "refresh" end
  return list.turn(client, key)
end

return sysop.only(screen)
