-- Who is seen on line, from where, by whom it is noticed, and who wants no pages.

ALTER TABLE users ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0; -- on line: nobody sees it
ALTER TABLE users ADD COLUMN location TEXT; -- as its owner says it; NULL: nobody's business

ALTER TABLE chat_choices ADD COLUMN dnd INTEGER NOT NULL DEFAULT 0; -- pages wait

-- `user` is told when `friend` comes.
CREATE TABLE friends (
    user INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    friend INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (user, friend)
) WITHOUT ROWID;

CREATE INDEX friends_by_friend ON friends (friend);
