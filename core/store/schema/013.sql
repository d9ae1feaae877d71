-- Who has sent a page that waits, so that it goes with its sender's account, or loses the name.

ALTER TABLE pages ADD COLUMN sender INTEGER REFERENCES users (id) ON DELETE SET NULL;

CREATE INDEX pages_by_sender ON pages (sender);

UPDATE pages SET sender = (SELECT id FROM users WHERE users.nick_name = pages.nick_name);
