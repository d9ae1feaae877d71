-- What a caller types at any prompt: "/msg luna hello" calls slash.msg(client, "luna hello").
local clients = require "bbs.clients"
local slash = {}

local LONGEST_NAME <const> = 80 -- bytes: 20 characters
local HELP <const> = {
  "/who                who is on line",
  "/msg HANDLE text    a line to one caller",
  "/help               this list",
  "/quit               end the call",
}

local function is_guest(client)
  if client.user_id ~= "GUEST" then return false end
  client:tell("Log in first.")
  return true
end

-- A handle may have spaces: the longest beginning that is somebody on line is the name.
local function split(rest)
  local other, text
  for head, tail in rest:gmatch("()%s+()") do
    if head > LONGEST_NAME + 1 then break end
    local found = clients.find(rest:sub(1, head - 1))
    if found then other, text = found, rest:sub(tail) end
  end
  return other, text
end

function slash.msg(client, rest)
  if is_guest(client) then return end
  if not rest:find("%S%s+%S") then return nil, "Type /msg HANDLE text" end
  local other, text = split(rest)
  if not other then return nil, rest:match("%S+") .. " is not on line." end
  local ok, why = clients.page(client, other.id, text)
  return nil, ok and "Sent to " .. other.nick_name .. "." or why .. "."
end

function slash.who(client)
  if is_guest(client) then return end
  local names = {}
  for i, other in ipairs(clients.all()) do names[i] = other.nick_name end
  client:tell(#names .. " on line: " .. table.concat(names, ", "))
end

function slash.help(client)
  for _, line in ipairs(HELP) do client:tell(line) end
end

function slash.quit(client)
  client:hangup("Until the next perigee.")
end

return slash
