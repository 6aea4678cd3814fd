-- Each opening of this file for writing: its ordinal (the time, in milliseconds since 1970), random text, and the first
-- free position at that time. With them, cursors of a history that was rolled back are recognized. Ordinal 0 is for all
-- messages that were written before this table existed.
CREATE TABLE openings (
    ordinal INTEGER PRIMARY KEY,
    random TEXT NOT NULL,
    first INTEGER NOT NULL
) STRICT;

-- Replaced by the openings.
ALTER TABLE log DROP COLUMN open_unsynced;

-- Recalled messages, and the head of the log at the time of the recall. A reader whose cursor is between the two may have
-- received the message, but not the recall.
CREATE TABLE recalls (
    seq INTEGER PRIMARY KEY,
    head INTEGER NOT NULL
) STRICT;
CREATE INDEX recalls_by_head ON recalls (head);
