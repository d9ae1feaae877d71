-- What sysops do at the desk, for the tests of it.
local people = require "tests.lib.people"
local desk = {}

-- The sysop moon, at a screen of the desk: desk.sysop(t, "users", { size = "40x24" }).
function desk.sysop(t, name, how)
  local call = { at = "sysop/" .. name }
  for key, value in pairs(how or {}) do call[key] = value end
  return people.sysop(t, call)
end

-- Answer a question: press the key that asks it, wait for it, type a line in place of what
-- stands there.
function desk.answer(sysop, key, question, line)
  sysop:key(key)
  sysop:expect(question)
  sysop:key "ctrl-u"
  sysop:type(line .. "\r")
end

-- Search in a list; nothing: all of it.
function desk.search(sysop, text)
  desk.answer(sysop, "s", "Search for:", text)
end

-- From the list of callers to one of them, by handle or node.
function desk.look_at(sysop, name)
  desk.answer(sysop, "enter", "Node number or handle:", name)
  sysop:at "sysop/caller"
end

-- From the list of accounts to one of them.
function desk.open_account(sysop, handle)
  desk.answer(sysop, "enter", "Number or handle:", handle)
  sysop:at "sysop/user"
  sysop:see("Handle      " .. handle)
end

-- Another sysop finds it written down that moon did that.
function desk.expect_audit(t, what, subject)
  local mars = people.caller(t, t:user("mars", { level = 100 }), { at = "sysop/audit" })
  mars:see(("moon          %-14s  %.14s"):format(what, subject))
  mars:hang_up()
end

return desk
