-- What is known about the caller's terminal, and what the caller has chosen instead.
local terminal = {}

local CHARSETS <const> = { "auto", "utf-8", "cp437", "ascii" }
local SWITCHES <const> = { "auto", true, false }
local PACES <const> = { "auto", 0, 300, 1200, 2400, 9600, 14400, 28800 }
local SHOWN <const> = { ["utf-8"] = "UTF-8", cp437 = "CP437", ascii = "ASCII" }

local function shown(value, chosen)
  return value .. (chosen == nil and ", as found out" or ", as you have chosen")
end

local function yes(value)
  return value and "yes" or "no"
end

-- <% get:terminal.name %>
function terminal.name(client)
  return client.term.name ~= "" and client.term.name or "unknown"
end

-- <% get:terminal.size %>
function terminal.size(client)
  return ("%d columns, %d rows"):format(client.term.width, client.term.height)
end

-- <% get:terminal.charset %>
function terminal.charset(client)
  local term = client.term
  return shown(SHOWN[term.charset], term.chosen.charset)
end

-- <% get:terminal.ansi %>
function terminal.ansi(client)
  return shown(yes(client.term.ansi), client.term.chosen.ansi)
end

-- <% get:terminal.linear %>
function terminal.linear(client)
  return shown(yes(client.term.linear), client.term.chosen.linear)
end

-- <% get:terminal.pace %>
function terminal.pace(client)
  local baud = client.term.baud
  local pace = baud == 0 and "as fast as it goes" or ("a modem of %d baud"):format(baud)
  return client.term.chosen.baud and pace .. ", as you have chosen" or pace
end

local function next_of(list, value)
  if value == nil then value = "auto" end
  for i, known in ipairs(list) do
    if known == value then return list[i % #list + 1] end
  end
  return list[1]
end

-- <% key:terminal.change %>
function terminal.change(client, key)
  local chosen = client.term.chosen
  key = key:lower()
  if key == "c" then
    client:set_terminal { charset = next_of(CHARSETS, chosen.charset) }
  elseif key == "a" then
    client:set_terminal { ansi = next_of(SWITCHES, chosen.ansi) }
  elseif key == "l" then
    client:set_terminal { linear = not client.term.linear }
  elseif key == "p" then
    client:set_terminal { baud = next_of(PACES, chosen.baud) }
  else
    return "repeat"
  end
  return "refresh"
end

return terminal
