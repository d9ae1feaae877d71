-- A shell on the machine, at the sysop's desk: for whom the settings name, and only with the
-- password once more.
local desk = require "tests.lib.desk"

empty_store() -- whoever has an account on the board is not here

local PASSWORD <const> = "moonmoon 9"

-- The sysop at the shell's screen, on a board that has one.
local function at_shell(t, how)
  t:write("lua/settings.lua", ([[
return {
  command = {
    user = "%s", level = 100, folder = "/tmp", processes = 5000,
    environment = { "PS1=ready> ", "ENV=" },
  },
}
]]):format(t.system_user))
  t:user("moon", { password = PASSWORD })
  local moon = desk.sysop(t, "shell", how)
  moon:see "Your password:"
  return moon
end

test("a board has no shell unless its settings say so", function(t)
  t:write("lua/settings.lua", "return {}")
  local moon = desk.sysop(t, "shell")
  moon:see "There is none for you:"
  moon:see "the setting command.user names nobody."
  moon:snapshot "no-shell"
  desk.sysop(t, "shell", { size = "40x24" }):snapshot "no-shell-40"
  moon:key "q"
  moon:at "sysop/desk"
end)

test("a shell is begun with the password, and ends with exit", function(t)
  local moon = at_shell(t)
  moon:see("as          " .. t.system_user)
  moon:see "in          /tmp"
  moon:snapshot("shell", { hide = { "as +|07%S+ *" } })
  moon:type(PASSWORD .. "\r")
  moon:expect "ready>"
  moon:type "echo $PWD $((40 + 2))\r"
  moon:expect "/tmp 42"
  moon:type "exit 3\r"
  moon:at "sysop/desk"
  moon:see "The shell has ended: exit status 3, after "
  desk.expect_audit(t, "shell", "sh")
end)

test("in 40 columns, too", function(t)
  local moon = at_shell(t, { size = "40x24" })
  moon:snapshot("shell-40", { hide = { "as +|07%S+ *" } })
end)

test("a wrong password begins no shell", function(t)
  local moon = at_shell(t)
  moon:type "sunshine 7\r"
  moon:see "That is not the password."
  moon:see_not "ready>"
  moon:at "sysop/shell"
  desk.expect_audit(t, "shell refused", "sh")
end)

test("Enter alone, or Esc, leads back to the desk", function(t)
  local moon = at_shell(t)
  moon:key "enter"
  moon:at "sysop/desk"
  moon:key "x"
  moon:see "Your password:"
  moon:key "escape"
  moon:at "sysop/desk"
end)

test("a shell that can't be begun says why", function(t)
  t:write("lua/settings.lua", ([[
return { command = { user = "%s", level = 100, folder = "/tmp", shell = "no-such-shell" } }
]]):format(t.system_user))
  t:user("moon", { password = PASSWORD })
  local moon = desk.sysop(t, "shell")
  moon:type(PASSWORD .. "\r")
  moon:see "It can't be started: "
  moon:at "sysop/shell"
end)
