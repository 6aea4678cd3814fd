-- Each time that a server has opened this file for writing: its number (the time, in milliseconds since 1970), random
-- text, and the first position that was free then. A cursor of a history that is not in this file any more is recognized by it. Number 0 stands for
-- everything that was written before there was this table.
CREATE TABLE openings (
    ordinal INTEGER PRIMARY KEY,
    random TEXT NOT NULL,
    first INTEGER NOT NULL
) STRICT;

-- The openings have replaced it.
ALTER TABLE log DROP COLUMN open_unsynced;

-- Messages that were recalled, and the head of the log at that time: a reader whose cursor is between the two may have
-- received the message, and has not been told of the recall.
CREATE TABLE recalls (
    seq INTEGER PRIMARY KEY,
    head INTEGER NOT NULL
) STRICT;
CREATE INDEX recalls_by_head ON recalls (head);
