-- What somebody was writing when the line dropped.

CREATE TABLE drafts (
    user INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    saved_at INTEGER NOT NULL,
    PRIMARY KEY (user, name)
) WITHOUT ROWID;
