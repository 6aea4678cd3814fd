-- How messages are treated that are not treated as usual: a number of `handling_rows.rs`. NULL: as usual.
ALTER TABLE messages ADD COLUMN handling INTEGER;

-- Messages with a key for replacement. `first` and `last` are the first and the last of those whose place they took.
CREATE TABLE handlings (
    seq INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    first INTEGER,
    last INTEGER
) STRICT;

-- The newest message with each audience and key, and the first one. `scope` is a single audience, or the hash of several clients.
CREATE TABLE replaceable (
    scope ANY NOT NULL,
    key TEXT NOT NULL,
    seq INTEGER NOT NULL,
    first INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX replaceable_by_message ON replaceable (seq);

-- Urgent direct messages, which come first in an inbox.
CREATE TABLE urgent (
    audience INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (audience, seq)
) STRICT, WITHOUT ROWID;

-- The newest value of each topic that has one, and the message that has set it.
CREATE TABLE topic_states (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    json INTEGER NOT NULL,
    data TEXT NOT NULL
) STRICT;
CREATE INDEX topic_states_by_message ON topic_states (seq);
