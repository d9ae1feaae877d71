-- The board's own tables. Run when the engine starts and after each save of this file.

-- A column that REFERENCES users is known to the engine: when an account is merged into another
-- the rows are the other's, when it is deleted they go with it, or lose their name.
CREATE TABLE IF NOT EXISTS wall_lines (
    id INTEGER PRIMARY KEY,
    user INTEGER REFERENCES users (id) ON DELETE SET NULL,
    nick_name TEXT NOT NULL,
    text TEXT NOT NULL
);

CREATE INDEX IF NOT EXISTS wall_lines_by_user ON wall_lines (user);

-- Boards that were begun before had their lines here.
CREATE TABLE IF NOT EXISTS wall (
    id INTEGER PRIMARY KEY,
    nick_name TEXT NOT NULL,
    text TEXT NOT NULL
);

INSERT INTO wall_lines (user, nick_name, text)
    SELECT (SELECT id FROM users WHERE users.nick_name = wall.nick_name), nick_name, text
    FROM wall ORDER BY id;

DROP TABLE wall;
