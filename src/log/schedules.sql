-- Messages that are to be pushed later. `entry` is what is appended then (CBOR, as in the records of a cluster). When it has become
-- a message, `message` is its position, and `entry` is empty.
CREATE TABLE scheduled (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE,
    due_at INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    key TEXT,
    entry BLOB NOT NULL,
    message INTEGER
) STRICT;
CREATE INDEX scheduled_due ON scheduled (due_at, number) WHERE message IS NULL;
CREATE INDEX scheduled_sent ON scheduled (message) WHERE message IS NOT NULL;
CREATE INDEX scheduled_keys ON scheduled (key) WHERE key IS NOT NULL;
