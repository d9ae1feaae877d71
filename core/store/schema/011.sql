-- What the lists in an area's folder, FILES.BBS and DESCRIPT.ION, said of a file when they were
-- last read: only another text takes the place of what was written on the board since.

ALTER TABLE files ADD COLUMN listed TEXT;
