-- client.lua -- those of the client's methods that are made of others.
local accounts = require "core.accounts"
local db = require "bbs.db"
local methods = client_methods

local MOST_BAUD <const> = 1000000
local CHARSETS <const> = { ["utf-8"] = true, cp437 = true, ascii = true }

local function is_switch(value)
  return type(value) == "boolean"
end

local function is_charset(value)
  return CHARSETS[value]
end

local function is_pace(value)
  return math.type(value) == "integer" and value >= 0 and value <= MOST_BAUD
end

local CHOICES <const> = {
  charset = { is_charset, '"utf-8", "cp437", "ascii"' },
  ansi = { is_switch, "true, false" },
  linear = { is_switch, "true, false" },
  baud = { is_pace, ("a number of bits a second up to %d, 0 for none"):format(MOST_BAUD) },
}

local function check_choice(name, value)
  local choice = CHOICES[name]
  if not choice then
    error(("set_terminal: no option %s, expected charset, ansi, linear or baud"):format(name),
      3)
  end
  if value ~= "auto" and not choice[1](value) then
    error(('set_terminal: %s is %s or "auto"'):format(name, choice[2]), 3)
  end
end

local function as_number(choice)
  return choice ~= nil and (choice and 1 or 0) or nil
end

-- client:set_terminal{charset=, ansi=, linear=, baud=}: what the caller chooses instead of what
-- has been found out, "auto" is that again; kept with the account.  Waits.
function methods.set_terminal(client, options)
  local chosen = client.term.chosen
  for name, value in pairs(options) do
    check_choice(name, value)
    if value == "auto" then chosen[name] = nil else chosen[name] = value end
  end
  accounts.set_terminal(client, chosen)
  if client.user_id == "GUEST" then return end
  db.run("UPDATE users SET charset = ?, ansi = ?, linear = ?, baud = ? WHERE handle = ?",
    chosen.charset, as_number(chosen.ansi), as_number(chosen.linear), chosen.baud,
    client.user_id)
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
