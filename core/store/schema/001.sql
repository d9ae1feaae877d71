-- The accounts. Times are Unix seconds. What a caller can be shown stands in `users`; what
-- nobody is shown stands in `passwords`, which handlers cannot read.

CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    handle TEXT NOT NULL UNIQUE COLLATE NOCASE,
    nick_name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    level INTEGER NOT NULL,
    first_call INTEGER NOT NULL,
    last_call INTEGER,
    calls INTEGER NOT NULL DEFAULT 0,
    minutes INTEGER NOT NULL DEFAULT 0,
    locked INTEGER NOT NULL DEFAULT 0
);

CREATE INDEX users_by_last_call ON users (last_call);

CREATE TABLE passwords (
    user INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    hash TEXT NOT NULL,
    must_change INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    retry_at INTEGER NOT NULL DEFAULT 0
);
