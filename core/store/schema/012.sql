-- What sysops have done: who, from where, what, to whom or what. Handlers may read it and add to it,
-- nothing else. Times are Unix seconds. A handle stays here when its account has gone.

CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    who TEXT NOT NULL,      -- a handle; or the user of the system, at its command line
    address TEXT NOT NULL,  -- where from; "" is the machine itself
    what TEXT NOT NULL,
    subject TEXT NOT NULL DEFAULT '',
    detail TEXT NOT NULL DEFAULT ''
);

CREATE TRIGGER audit_stays BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE id = new.id) BEGIN
    SELECT RAISE(ABORT, 'what is in the audit table stays');
END;

-- Who may not call until then: an address, as callers' addresses are shown, or an account.
CREATE TABLE bans (
    id INTEGER PRIMARY KEY,
    address TEXT UNIQUE,
    user INTEGER UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    until INTEGER NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    who TEXT NOT NULL, -- the sysop's handle
    at INTEGER NOT NULL
);
