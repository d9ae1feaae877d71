-- Are the names of who speaks in a room in colours of their own?

ALTER TABLE chat_choices ADD COLUMN colors INTEGER NOT NULL DEFAULT 1;
