-- clients.lua -- bbs.clients: who is on line, and who listens to callers that come and go.
local core = require "core.clients"
local loading = require "core.loading"

local clients = {
  all = core.all, each = core.each, count = core.count, of = core.of, find = core.find,
  nodes = core.nodes,
}

local NAME_MOST <const> = 60 -- bytes
local listeners = {}

-- clients.listen(name, f): f("enter", client) is called when somebody has logged in,
-- f("leave", client) when somebody goes; by itself, and may wait. Who is hidden does neither,
-- and a caller who hides goes. Under one name, so that a file that is loaded anew listens
-- once; nil: no more.
function clients.listen(name, f)
  if type(name) ~= "string" or #name > NAME_MOST then
    error(("clients.listen: a name of at most %d bytes expected first"):format(NAME_MOST), 2)
  end
  if f ~= nil and type(f) ~= "function" then
    error("clients.listen: a function expected behind the name", 2)
  end
  loading.register(function() listeners[name] = f end)
end

-- clients.page(from, name, text) -> true, or nil and why not: a line from one caller to
-- another, shown above what that one is typing.
function clients.page(from, name, text)
  return core.page(from, name, text)
end

-- Theirs who bring them about: { {name, function}, ... }.
function core.listeners()
  local list = {}
  for name, f in pairs(listeners) do list[#list + 1] = { name, f } end
  table.sort(list, function(a, b) return a[1] < b[1] end)
  return list
end

return clients
