-- The monitor: how the machine and the board are doing, anew each second. Screen readers and
-- terminals without ANSI get it again with a key.
local sys = require "bbs.sys"
local sysop = require "bbs.sysop"
local text = require "bbs.text"
local monitor = {}

local STEPS <const> = {
  ["utf-8"] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" },
  cp437 = { "_", "_", "▄", "▄", "▄", "█" },
  ascii = { "_", "_", ".", "-", "=", "#" },
}
local UNITS <const> = { { 86400, "d" }, { 3600, "h" }, { 60, "min" } }

local function look(client)
  local seen = { machine = sys.machine(), server = sys.server(), minute = sys.minute() }
  client.data.monitor = seen
  return seen
end

-- What the screen shows is of one look.
local function seen_by(client)
  return client.data.monitor or look(client)
end

-- <% enter:monitor.look %>
function monitor.look(client)
  look(client)
end

-- <% tick:monitor.tick(1) %>
function monitor.tick(client)
  if not client.term.ansi or client.term.linear then return end
  look(client)
  return "refresh"
end

-- <% key:monitor.again %>
function monitor.again(client)
  look(client)
  return "refresh"
end

-- 93784 seconds: "1 d 2 h"
local function span(time)
  local parts, seconds = {}, time // 1 | 0
  for _, unit in ipairs(UNITS) do
    local n = seconds // unit[1]
    seconds = seconds % unit[1]
    if n > 0 and #parts < 2 then parts[#parts + 1] = ("%d %s"):format(n, unit[2]) end
  end
  return #parts > 0 and table.concat(parts, " ") or ("%d s"):format(seconds)
end

local function per_cent(part, all)
  return all > 0 and 100 * part / all or 0
end

local shares = {}

function shares.cpu(seen)
  return seen.machine.cpu
end

function shares.memory(seen)
  local m = seen.machine.memory
  return per_cent(m.total - m.available, m.total)
end

local function color(share)
  return share >= 90 and "|12" or share >= 70 and "|14" or "|10"
end

local function bar(client, share, width)
  if client.term.linear then return "" end
  local is_ascii = client.term.charset == "ascii"
  local full = math.floor(share / 100 * width + 0.5)
  return color(share) .. (is_ascii and "#" or "█"):rep(full)
    .. "|08" .. (is_ascii and "." or "░"):rep(width - full) .. "|07"
end

-- <% get:monitor.bar("cpu", 20):raw %>
function monitor.bar(client, args)
  return bar(client, shares[args[1]](seen_by(client)), args[2])
end

-- <% get:monitor.share("cpu"):5 %>
function monitor.share(client, args)
  return ("%.0f %%"):format(shares[args[1]](seen_by(client)))
end

-- <% get:monitor.graph("callers", 30) %>: the last seconds of "cpu", "callers" or "lag"
function monitor.graph(client, args)
  if client.term.linear then return "" end
  local name, width = args[1], args[2]
  local values = seen_by(client).minute[name]
  local steps = STEPS[client.term.charset] or STEPS.ascii
  local most = name == "cpu" and 100 or math.max(1, table.unpack(values))
  local drawn = {}
  for i = #values - width + 1, #values do
    local step = math.floor((#steps - 1) * values[i] / most + 0.5)
    drawn[#drawn + 1] = values[i] < 0 and " " or steps[math.min(step + 1, #steps)]
  end
  return table.concat(drawn)
end

-- <% each:monitor.disks(20) %>: path, bar, share, used
function monitor.disks(client, args)
  local rows = {}
  for i, disk in ipairs(seen_by(client).machine.disks) do
    local used = disk.total - disk.free
    rows[i] = {
      path = disk.path,
      bar = bar(client, per_cent(used, disk.total), args[1]),
      share = ("%.0f %%"):format(per_cent(used, disk.total)),
      used = text.size(used) .. " of " .. text.size(disk.total),
    }
  end
  return rows
end

local lines = {}

function lines.machine(m)
  return ("load %.2f %.2f %.2f, %d processes, up %s"):format(
    m.load[1], m.load[2], m.load[3], m.processes, span(m.uptime))
end

function lines.cores(m)
  return m.cores == 1 and "1 core" or m.cores .. " cores"
end

function lines.memory(m)
  return text.size(m.memory.total - m.memory.available) .. " of " .. text.size(m.memory.total)
end

function lines.network(m)
  return text.size(m.received // 1) .. "/s in, " .. text.size(m.sent // 1) .. "/s out"
end

function lines.busiest(m)
  local parts = {}
  for i, process in ipairs(m.busiest) do
    parts[i] = ("%s %.0f %%"):format(process.name, process.cpu)
  end
  return table.concat(parts, ", ")
end

function lines.callers(_, s)
  return ("%d now, %d at most, %d today"):format(s.callers, s.most, s.calls_today)
end

function lines.lag(_, s)
  return ("p50 %d us, p99 %d us"):format(s.lag_p50, s.lag_p99)
end

function lines.queues(_, s)
  return ("%d with %s, %d transfers"):format(s.queues, text.size(s.queued), s.transfers)
end

function lines.lua(_, s)
  return ("%s, %d handlers"):format(text.size(s.lua_bytes), s.handlers)
end

function lines.store(_, s)
  return ("%.0f reads, %.0f writes, %.0f commits a second, %d waiting"):format(
    s.reads, s.writes, s.commits, s.waiting)
end

function lines.errors(_, s)
  return s.errors .. " in the last hour"
end

function lines.board(_, s)
  return ("up %s, generation %d, on %s"):format(
    span(s.uptime), s.generation, table.concat(s.listeners, " "))
end

-- <% get:monitor.line("machine"):-60 %>: any of the above
function monitor.line(client, args)
  local seen = seen_by(client)
  return lines[args[1]](seen.machine, seen.server)
end

return sysop.only(monitor)
