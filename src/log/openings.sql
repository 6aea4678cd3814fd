-- Openings: each time that a server has opened this file for writing. `ordinal` is the time in milliseconds since 1970,
-- and `first` the first free position at that time. They show whether a cursor belongs to the history in this file.
-- Ordinal 0 is for all positions from before version 3.
CREATE TABLE openings (
    ordinal INTEGER PRIMARY KEY,
    random TEXT NOT NULL,
    first INTEGER NOT NULL
) STRICT;

-- Openings have replaced this column.
ALTER TABLE log DROP COLUMN open_unsynced;

-- Recalled messages, with the head of the log at that time. A reader whose cursor is between the two may have received
-- the message, but not the recall.
CREATE TABLE recalls (
    seq INTEGER PRIMARY KEY,
    head INTEGER NOT NULL
) STRICT;
CREATE INDEX recalls_by_head ON recalls (head);
