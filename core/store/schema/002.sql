-- What a caller has chosen about the terminal; NULL: as it is found out.

ALTER TABLE users ADD COLUMN charset TEXT;
ALTER TABLE users ADD COLUMN ansi INTEGER;
ALTER TABLE users ADD COLUMN linear INTEGER;
