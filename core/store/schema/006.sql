-- Rooms, what was said in them, and who may do what there. Times are Unix seconds.

CREATE TABLE rooms (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    topic TEXT NOT NULL DEFAULT '',
    private INTEGER NOT NULL DEFAULT 0, -- who is invited may come
    slow INTEGER NOT NULL DEFAULT 0,    -- seconds between two lines of one member
    most INTEGER NOT NULL DEFAULT 0,    -- members; 0: any number
    made_by INTEGER REFERENCES users (id) ON DELETE SET NULL,
    made_at INTEGER NOT NULL
);

CREATE TABLE room_lines (
    id INTEGER PRIMARY KEY,
    room INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    user INTEGER REFERENCES users (id) ON DELETE SET NULL,
    nick_name TEXT NOT NULL,
    text TEXT NOT NULL,
    at INTEGER NOT NULL
);

CREATE INDEX room_lines_by_room ON room_lines (room, id);
CREATE INDEX room_lines_by_user ON room_lines (user);

-- "op", "invited", "banned", "muted"; until NULL: for good.
CREATE TABLE room_rights (
    room INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    user INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    what TEXT NOT NULL,
    until INTEGER,
    reason TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (room, user, what)
) WITHOUT ROWID;

CREATE INDEX room_rights_by_user ON room_rights (user);

-- How a caller wants to be talked to. away: what others are told; NULL: here.
CREATE TABLE chat_choices (
    user INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    stamps INTEGER NOT NULL DEFAULT 0,
    bell INTEGER NOT NULL DEFAULT 1,
    away TEXT
);

CREATE TABLE ignored (
    user INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    other INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (user, other)
) WITHOUT ROWID;

CREATE INDEX ignored_by_other ON ignored (other);

-- Lines for callers who were not on line; shown at their next call, and gone then.
CREATE TABLE pages (
    id INTEGER PRIMARY KEY,
    user INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    nick_name TEXT NOT NULL,
    text TEXT NOT NULL,
    at INTEGER NOT NULL
);

CREATE INDEX pages_by_user ON pages (user);
