-- client.lua -- those of the client's methods that are made of others.
local methods = client_methods

-- client:confirm(question, [default]) -> boolean.  Waits.
function methods.confirm(client, question, default)
  local choices = default == nil and "y/n" or default and "Y/n" or "y/N"
  client:send(("%s |08(|07%s|08) |07"):format(question, choices))
  while true do
    local key = client:read_key()
    local answer
    if key == "y" or key == "Y" then
      answer = true
    elseif key == "n" or key == "N" or key == "escape" then
      answer = false
    elseif key == "enter" and default ~= nil then
      answer = default
    end
    if answer ~= nil then
      client:send(answer and "Yes\n" or "No\n")
      return answer
    end
  end
end
