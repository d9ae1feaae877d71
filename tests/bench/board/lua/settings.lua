-- Settings of the benchmark's board: no limit that many callers from one address would meet.
return {
  limits = {
    callers = 30000,
    visitors = 30000,
    callers_per_address = 30000,
    calls_per_minute = 1000000,
    idle_seconds = 3600,
    visitor_seconds = 600,
  },
  reload = { redraw = "all" },
}
