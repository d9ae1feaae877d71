-- Handlers get the standard library less what reaches round the engine.
std = "lua54"
max_line_length = 96
ignore = { "211/_turn.*" } -- what is there to be closed
unused_args = false -- a handler is given the client, needed or not
not_globals = {
  "io", "debug", "dofile", "loadfile", "package",
  "os.execute", "os.exit", "os.getenv", "os.remove", "os.rename", "os.setlocale", "os.tmpname",
}

files["lua/tests"] = { std = "+perigee_tests" }
stds.perigee_tests = { read_globals = { "empty_store", "test" } }
