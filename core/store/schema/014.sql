-- When handlers that the setting `schedule` names were last called.

CREATE TABLE schedule_runs (
    handler TEXT PRIMARY KEY,
    due INTEGER NOT NULL,    -- of its times of day, the last that is done with
    started INTEGER NOT NULL DEFAULT 0,
    ended INTEGER NOT NULL DEFAULT 0, -- 0: it runs, or the server ended before it did
    incident INTEGER NOT NULL DEFAULT 0 -- that it ended in; 0: none
) WITHOUT ROWID;
