-- The benchmark's board: names without accounts, and screens with values that Lua makes.
local users = require "bbs.users"
local rooms = require "bbs.rooms"
local bench = {}

-- <% set:bench.name(max=20) %>: a caller with what a login would leave in client.data.
function bench.name(client, text)
  if text == "" then return "repeat" end
  if text == "~account" then return "account" end
  client.data.user = {
    id = 1,
    handle = text,
    nick_name = text,
    level = 10,
    calls = 3,
    minutes = 42,
    first_call = 1700000000,
    last_call = 1750000000,
  }
  return "menu"
end

-- <% set:bench.line(max=250) %>
function bench.line()
  return "remain"
end

-- <% get:bench.caller:-20 %>
function bench.caller(client)
  local user = client.data.user
  return user and user.handle or "nobody"
end

-- <% get:bench.day:12 %>
function bench.day()
  return os.date("%Y-%m-%d")
end

-- <% get:bench.calls(3):8 %>
function bench.calls(client, args)
  local user = client.data.user
  return user and user.calls * args[1] or 0
end

-- <% key:bench.forever %>
function bench.forever()
  while true do end
end

-- <% set:bench.handle(max=20) %> and set:bench.password(mask="*"): an account is made for who
-- has none, with the name as its password.
function bench.handle(client, text)
  client.data.handle = text
end

function bench.password(client, text)
  local handle = client.data.handle
  if not users.find(handle) then
    users.create { handle = handle, nick_name = handle, password = text }
  end
  local ok, why = users.login(client, handle, text)
  if ok then return "menu" end
  return "repeat", why
end

local function make_rows(count)
  local rows = {}
  for i = 1, count do
    rows[i] = {
      name = "caller " .. i,
      place = "the house at number " .. i * 7 % 100,
      calls = i * 3,
      minutes = i * 17 % 240,
      last = i .. " h ago",
    }
  end
  return rows
end

local held <const> = make_rows(20)

-- <% each:bench.rows(rows=20) %>: a list that the board holds, as one of who is on line.
function bench.rows()
  return held, 20
end

-- <% each:bench.new_rows(rows=20) %>: made anew at each call.
function bench.new_rows(_, args)
  return make_rows(args.rows), 20
end

local room

-- <% enter:bench.come %>
function bench.come(client)
  room = room or rooms.open("Bench", { guests = true })
  room:join(client)
end

-- <% set:bench.say(max=400) %>
function bench.say(client, text)
  local ok, why = room:say(client, text)
  return "repeat", not ok and why or nil
end

-- <% set:bench.transfer(max=3) %>: "get" sends bench.bin, "put" takes a file.
function bench.transfer(client, text)
  local most <const> = 0xFFFFFFFE
  local results = text == "get" and client:send_files { "bench.bin" }
    or client:receive_files("up", { max = most, files = 1, overwrite = true })
  for _, r in ipairs(results) do
    if not r.ok then print(r.name, r.reason) end
  end
  return "repeat"
end

return bench
