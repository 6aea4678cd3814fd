-- The newest record of the stream of a cluster that this file has applied, with its time in the stream, in one row. `time`
-- is the time of its changes, which never goes back. Without a row, the file belongs to a single server.
CREATE TABLE replica (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    place INTEGER NOT NULL,
    at INTEGER NOT NULL,
    time INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Open sessions of people who signed in: a hash of the id, and when the session ends.
CREATE TABLE sessions (
    digest BLOB PRIMARY KEY,
    ends_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Some records of the stream, with their times and the head of the log after them, to know which records are not needed
-- any more.
CREATE TABLE stream_marks (
    place INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    head INTEGER NOT NULL
) STRICT;

-- The number of the newest record of each process that has published some, and its time. A record that comes a second time
-- changes nothing.
CREATE TABLE publishers (
    boot INTEGER PRIMARY KEY,
    number INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT;
