-- The front door.

test("a guest is asked for a handle", function(t)
  local caller = t:dial { size = "80x25", charset = "cp437" }
  caller:expect "Type your handle"
  caller:at "root"
end)

test("a handle and its password lead to the menu", function(t)
  t:user("luna", { password = "moonlight 7" })
  local caller = t:dial()
  caller:expect "Handle:"
  caller:type "luna\r"
  caller:expect "Password:"
  caller:type "moonlight 7\r"
  caller:at "menu"
  caller:see "Good to see you, luna"
end)

