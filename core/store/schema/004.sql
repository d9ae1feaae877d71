-- The pace of a modem that a caller has chosen, in bits a second; 0: none; NULL: the board's.

ALTER TABLE users ADD COLUMN baud INTEGER;
