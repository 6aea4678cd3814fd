-- The newest record of the stream of a cluster that this file has applied, and its time, in one row. Without a row, the
-- file belongs to a single server.
CREATE TABLE replica (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    place INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT;

-- Open sessions of people who signed in: a hash of the id, and when the session ends.
CREATE TABLE sessions (
    digest BLOB PRIMARY KEY,
    ends_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
