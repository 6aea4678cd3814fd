-- What the log knows of itself: one row.
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

-- Whom messages are for, by number. `expired` and `pruned` are the newest places that the audience has
-- lost for each reason: enough to know whether anything after a cursor is missing.
CREATE TABLE audiences (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind INTEGER NOT NULL,
    name TEXT NOT NULL,
    expired INTEGER NOT NULL DEFAULT 0,
    pruned INTEGER NOT NULL DEFAULT 0,
    UNIQUE (kind, name)
) STRICT;
INSERT INTO audiences (id, kind, name) VALUES (1, 0, 'any topic'), (2, 0, 'everyone');

-- `audience` is the number of a single audience, `audiences` those of several clients (a JSON array), and
-- `missed` those for whom the message was still waiting when it ended (1: expired, 2: recalled).
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

-- A post says that a message is for an audience; a message for several clients has one for each. Once a
-- message has ended, its posts stand at the negative of the audience, where deliveries do not look.
CREATE TABLE posts (
    block INTEGER NOT NULL,
    audience INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    topic INTEGER,
    PRIMARY KEY (block, audience, seq)
) STRICT, WITHOUT ROWID;

-- How far messages to topics and to everyone came.
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

-- How far each client is with its direct messages, and when it was seen.
CREATE TABLE clients (
    audience INTEGER PRIMARY KEY,
    sent INTEGER NOT NULL DEFAULT 0,
    acked INTEGER NOT NULL DEFAULT 0,
    first_seen INTEGER,
    last_seen INTEGER,
    last_reason TEXT
) STRICT;
