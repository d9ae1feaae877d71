-- The board's own tables. Run when the engine starts and after each save of this file.

CREATE TABLE IF NOT EXISTS wall (
    id INTEGER PRIMARY KEY,
    nick_name TEXT NOT NULL,
    text TEXT NOT NULL
);
