-- The files of the areas. What the areas are is the board's: here stand their names.

CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    area TEXT NOT NULL,
    name TEXT NOT NULL,
    size INTEGER NOT NULL,
    modified INTEGER NOT NULL, -- Unix nanoseconds, as the disk has it
    sha256 TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    uploader INTEGER REFERENCES users (id) ON DELETE SET NULL,
    added_at INTEGER NOT NULL,
    downloads INTEGER NOT NULL DEFAULT 0,
    approved INTEGER NOT NULL DEFAULT 1,
    UNIQUE (area, name)
);

CREATE INDEX files_by_sha256 ON files (sha256);
CREATE INDEX files_by_added_at ON files (added_at);
CREATE INDEX files_by_uploader ON files (uploader);

CREATE VIRTUAL TABLE files_text USING fts5 (
    name, description, content = 'files', content_rowid = 'id',
    tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);

CREATE TRIGGER files_text_add AFTER INSERT ON files BEGIN
    INSERT INTO files_text (rowid, name, description)
        VALUES (new.id, new.name, new.description);
END;

CREATE TRIGGER files_text_remove AFTER DELETE ON files BEGIN
    INSERT INTO files_text (files_text, rowid, name, description)
        VALUES ('delete', old.id, old.name, old.description);
END;

CREATE TRIGGER files_text_change AFTER UPDATE OF name, description ON files BEGIN
    INSERT INTO files_text (files_text, rowid, name, description)
        VALUES ('delete', old.id, old.name, old.description);
    INSERT INTO files_text (rowid, name, description)
        VALUES (new.id, new.name, new.description);
END;

-- What a caller has marked for the next download.
CREATE TABLE file_tags (
    user INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    file INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    PRIMARY KEY (user, file)
) WITHOUT ROWID;

CREATE INDEX file_tags_by_file ON file_tags (file);

-- What a caller has sent and taken, the protocol that was chosen, and when the areas were looked
-- at before this call.
CREATE TABLE file_totals (
    user INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    uploads INTEGER NOT NULL DEFAULT 0,
    uploaded INTEGER NOT NULL DEFAULT 0,
    downloads INTEGER NOT NULL DEFAULT 0,
    downloaded INTEGER NOT NULL DEFAULT 0,
    protocol TEXT,
    seen_at INTEGER NOT NULL DEFAULT 0,
    seen_before INTEGER NOT NULL DEFAULT 0
);
