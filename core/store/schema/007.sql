-- The number of an account that was deleted is nobody else's: what goes by it would be theirs.
-- Some stores of version 6 have this already.

CREATE TABLE IF NOT EXISTS account_numbers (last INTEGER NOT NULL);

INSERT INTO account_numbers SELECT coalesce(max(id), 0) FROM users
    WHERE NOT EXISTS (SELECT 1 FROM account_numbers);

CREATE TRIGGER IF NOT EXISTS users_number AFTER INSERT ON users BEGIN
    UPDATE account_numbers SET last = max(last, new.id);
END;
