-- What sysops do with the board's files: kept versions, and what is on trial.

empty_store() -- whoever has an account on the board is not here

local function at_files(t)
  t:user("moon", { password = "moonlight 7", level = 100 })
  local caller = t:dial()
  caller:expect "Handle:"
  caller:type "moon\r"
  caller:expect "Password:"
  caller:type "moonlight 7\r"
  caller:at "menu"
  caller:type "x"
  caller:at "sysop/desk"
  caller:type "w"
  caller:at "sysop/board"
  return caller
end

test("a sysop sees the kept versions of the files", function(t)
  local caller = at_files(t)
  caller:type "a"
  caller:at "sysop/history"
  caller:see "Kept versions of this board's files"
  caller:type "q"
  caller:at "sysop/board"
end)

test("a sysop is told that nothing is on trial", function(t)
  local caller = at_files(t)
  caller:type "t"
  caller:at "sysop/trial"
  caller:see 'reload.canary is not "sysop"'
  caller:type "p"
  caller:expect "Nothing is on trial."
end)
