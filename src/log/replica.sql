-- The newest record of the stream of a cluster that this file has applied, and its time, in one row. Without a row, the
-- file belongs to a single server.
CREATE TABLE replica (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    place INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT;
