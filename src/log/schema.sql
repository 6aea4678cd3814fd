-- The state of the log, in one row.
CREATE TABLE log (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    floor INTEGER NOT NULL DEFAULT 0,
    pruned INTEGER NOT NULL DEFAULT 0,
    counted INTEGER NOT NULL DEFAULT 0,
    counted_to INTEGER NOT NULL DEFAULT 0,
    open_unsynced INTEGER NOT NULL DEFAULT 0,
    forgotten INTEGER NOT NULL DEFAULT 0,
    turned_at INTEGER NOT NULL DEFAULT 0,
    turned_pruned INTEGER NOT NULL DEFAULT 0,
    turned_audience INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Audiences, numbered. `expired` and `pruned` are the newest positions that the audience has lost for each reason. They
-- are enough to decide whether anything after a cursor is missing.
CREATE TABLE audiences (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind INTEGER NOT NULL,
    name TEXT NOT NULL,
    expired INTEGER NOT NULL DEFAULT 0,
    pruned INTEGER NOT NULL DEFAULT 0,
    UNIQUE (kind, name)
) STRICT;
INSERT INTO audiences (id, kind, name) VALUES (1, 0, 'any topic'), (2, 0, 'everyone');

-- `audience` is a single audience, `audiences` the clients of a message to several clients (a JSON array), and `missed`
-- the clients that had not received the message when it ended. `ended` is 1 for expired and 2 for recalled.
CREATE TABLE messages (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    expires_at INTEGER,
    ended INTEGER NOT NULL DEFAULT 0,
    audience INTEGER,
    audiences TEXT,
    missed TEXT,
    event TEXT,
    json INTEGER NOT NULL,
    data TEXT NOT NULL
) STRICT;
CREATE INDEX messages_to_expire ON messages (expires_at) WHERE expires_at IS NOT NULL AND ended = 0;
CREATE INDEX messages_ended ON messages (seq) WHERE ended > 0;

-- A posting says that a message is for an audience. A message to several clients has a posting for each. When a message
-- ends, its postings move to the negative number of the audience, where delivery does not look.
CREATE TABLE posts (
    block INTEGER NOT NULL,
    audience INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    topic INTEGER,
    PRIMARY KEY (block, audience, seq)
) STRICT, WITHOUT ROWID;

-- Delivery counts of messages to topics and to everyone.
CREATE TABLE reach (
    seq INTEGER PRIMARY KEY,
    connections INTEGER NOT NULL,
    delivered INTEGER NOT NULL
) STRICT;

-- Idempotency keys.
CREATE TABLE keys (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    digest BLOB NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT;

-- The position of each client in its direct messages, and when it was connected.
CREATE TABLE clients (
    audience INTEGER PRIMARY KEY,
    sent INTEGER NOT NULL DEFAULT 0,
    acked INTEGER NOT NULL DEFAULT 0,
    first_seen INTEGER,
    last_seen INTEGER,
    last_reason TEXT
) STRICT;
