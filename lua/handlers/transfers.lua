-- The transfers that are under way, for sysops.
local sysop = require "bbs.sysop"
local zmodem = require "bbs.zmodem"
local transfers = {}

-- <% each:transfers.list(rows=14, grows=true) %>
function transfers.list(_, args)
  local all = zmodem.rows()
  local first = (args.page - 1) * args.rows
  return table.move(all, first + 1, math.min(#all, first + args.rows), 1, {}), #all
end

-- <% if:transfers.none %>
function transfers.none()
  return #zmodem.rows() == 0
end

-- <% tick:transfers.tick(2) %>: anew while there is something, and once when it is over
function transfers.tick(client)
  local is_quiet = transfers.none()
  if is_quiet and client.data.transfers_quiet then return end
  client.data.transfers_quiet = is_quiet
  return "refresh"
end

return sysop.only(transfers)
