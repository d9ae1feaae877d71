-- A new account: four answers.

empty_store() -- whoever has an account on the board is not here

-- A guest at the form.
local function come_new(t, how)
  local caller = t:dial(how)
  caller:expect "Handle:"
  caller:type "new\r"
  caller:at "signup"
  return caller
end

test("four answers make an account, and it can log in again", function(t)
  local caller = come_new(t)
  caller:type "luna\r"
  caller:type "Luna G.\r"
  caller:type "moonlight 7\r"
  caller:type "moonlight 7\r"
  caller:at "menu"
  caller:see "Your account is made. Welcome aboard, Luna G.!"
  caller:see "Good to see you, Luna G."
  caller:hang_up()

  local again = t:dial()
  again:expect "Handle:"
  again:type "luna\r"
  again:type "moonlight 7\r"
  again:at "menu"
end)

test("who gives no nick name has the handle as one", function(t)
  local caller = come_new(t)
  caller:type "luna\r\rmoonlight 7\rmoonlight 7\r"
  caller:see "Good to see you, luna"
end)

test("a handle or a nick name that somebody has is refused", function(t)
  t:user("luna", { nick = "Moonchild" })
  local caller = come_new(t)
  caller:type "luna\r"
  caller:see "taken"
  caller:key "ctrl-u"
  caller:type "stella\r"
  caller:type "moonchild\r"
  caller:see "taken"
  caller:at "signup"
end)

test("a password is of 8 characters or more, is not the handle, and is typed twice", function(t)
  local caller = come_new(t)
  caller:type "moonlight\r\r"
  caller:type "short\r"
  caller:see "A password has at least 8 characters."
  caller:type "Moonlight\r"
  caller:see "The password is the same as the handle. Choose another."
  caller:type "moonlight 7\r"
  caller:type "moonlight 8\r"
  caller:see "The two are not the same."
  caller:type "moonlight 7\r"
  caller:at "menu"
end)

test("Enter alone leads back to the door, and so does Esc", function(t)
  local caller = come_new(t)
  caller:type "\r"
  caller:at "root"
  caller:type "new\r"
  caller:at "signup"
  caller:key "escape"
  caller:at "root"
end)

test("the form of a new account, wide and narrow", function(t)
  come_new(t):snapshot "signup"
  come_new(t, { size = "40x24" }):snapshot "signup-40"
  come_new(t, { charset = "ascii", ansi = false }):snapshot "signup-no-ansi"
end)
