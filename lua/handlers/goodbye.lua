-- The last screen of a call.
local time = require "bbs.time"
local goodbye = {}

-- <% get:goodbye.spent %>
function goodbye.spent(client)
  return time.ago(client.since)
end

return goodbye
