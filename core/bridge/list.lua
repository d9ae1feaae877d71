-- list.lua -- handlers that every board has, for the pages of a list that an each: shows. A
-- board that has a file handlers/list.lua has its own instead.
local list = {}

local STEPS <const> = {
  n = 1, space = 1, page_down = 1, right = 1, p = -1, page_up = -1, left = -1,
}

-- <% get:list.place %> -> "page 2 of 7", "page 2" where it is not known how many
function list.place(client)
  local count = client.page_count
  return "page " .. client.page_index .. (count and " of " .. count or "")
end

-- list.found(client, search) -> the same, and what is searched for, nil: nothing
function list.found(client, search)
  return list.place(client) .. (search and ', those with "' .. search .. '"' or "")
end

-- list.search(client, state) -> "refresh": asks what to search for, which is state.search then;
-- nil, where nothing is typed: all. Esc leaves it as it was.  Waits.
function list.search(client, state)
  local line = client:read_line { prompt = "\r\n  |03Search for: |15", max = 40 }
  if line then
    state.search = line:find "%S" and line or nil
    client.page_index = 1
  end
  return "refresh"
end

local function page_for(client, key)
  if key == "home" then return 1 end
  if key == "end" then return client.page_count end
  local step = STEPS[key:lower()]
  return step and client.page_index + step
end

-- <% key:list.turn %>: N, Space, Page Down and the arrow to the right turn over, P, Page Up and
-- the arrow to the left turn back, Home and End go to the first and the last page.
function list.turn(client, key)
  local page = page_for(client, key)
  local is_there = page and page >= 1 and page <= (client.page_count or page)
  if not is_there or page == client.page_index then return "repeat" end
  client.page_index = page
  return "refresh"
end

return list
