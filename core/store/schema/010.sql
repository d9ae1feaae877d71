-- What the handles and nick names of accounts look like (see alike.h): a new one is refused where it
-- could be taken for one that is there. Those that are there already stay.

CREATE TABLE looks (
    look TEXT NOT NULL,
    user INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (look, user)
) WITHOUT ROWID;

CREATE INDEX looks_by_user ON looks (user);

INSERT OR IGNORE INTO looks SELECT alike_look(handle), id FROM users;
INSERT OR IGNORE INTO looks SELECT alike_look(nick_name), id FROM users;
