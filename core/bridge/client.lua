-- client.lua -- those of the client's methods that are made of others.
local accounts = require "core.accounts"
local db = require "bbs.db"
local methods = client_methods

local CHOICES <const> = { charset = true, ansi = true, linear = true }
local CHARSETS <const> = { ["utf-8"] = true, cp437 = true, ascii = true }

local function check_choice(name, value)
  if not CHOICES[name] then
    error(("set_terminal: no option %s, expected charset, ansi or linear"):format(name), 3)
  end
  if value == "auto" then return end
  if name == "charset" and not CHARSETS[value] then
    error("set_terminal: charset is utf-8, cp437, ascii or auto", 3)
  elseif name ~= "charset" and type(value) ~= "boolean" then
    error(("set_terminal: %s is true, false or \"auto\""):format(name), 3)
  end
end

local function as_number(choice)
  return choice ~= nil and (choice and 1 or 0) or nil
end

-- client:set_terminal{charset=, ansi=, linear=}: what the caller chooses instead of what has
-- been found out, "auto" is that again; kept with the account.  Waits.
function methods.set_terminal(client, options)
  local chosen = client.term.chosen
  for name, value in pairs(options) do
    check_choice(name, value)
    if value == "auto" then chosen[name] = nil else chosen[name] = value end
  end
  accounts.set_terminal(client, chosen.charset, chosen.ansi, chosen.linear)
  if client.user_id == "GUEST" then return end
  db.run("UPDATE users SET charset = ?, ansi = ?, linear = ? WHERE handle = ?",
    chosen.charset, as_number(chosen.ansi), as_number(chosen.linear), client.user_id)
end

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
