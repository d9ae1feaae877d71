-- Callers who press whatever there is.

test("nothing goes wrong for who presses whatever there is", function(t)
  t:wander { calls = 2000 }
end)
