-- Webhooks. `config` is the URL and the filter, as JSON, which the log does not read. `kinds` has a bit for each kind of event
-- that the hook wants (the numbers of `EventKind`). `secrets` are the secrets that sign, as JSON: they must be usable, so they
-- are here in full. Everything up to the event `cursor` was delivered. `run` grows with each change after which
-- deliveries begin anew, and `replayed` is the run that began when events were sent again. `lost` counts events that were removed before they were delivered.
CREATE TABLE hooks (
    id TEXT PRIMARY KEY,
    config TEXT NOT NULL,
    kinds INTEGER NOT NULL,
    secrets TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    paused TEXT,
    paused_at INTEGER,
    cursor INTEGER NOT NULL,
    run INTEGER NOT NULL DEFAULT 0,
    replayed INTEGER NOT NULL DEFAULT 0,
    lost INTEGER NOT NULL DEFAULT 0,
    failing_since INTEGER,
    failing_why TEXT,
    retry_at INTEGER
) STRICT, WITHOUT ROWID;

-- What happened, in order, as far as a hook wanted its kind then. `messages` is a list of positions, `data` a JSON object.
-- Numbers are never used twice.
CREATE TABLE hook_events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    client TEXT,
    topic TEXT,
    messages TEXT NOT NULL DEFAULT '',
    data TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX hook_events_by_time ON hook_events (at);

-- The newest attempts to deliver events. `outcome` is the number of a `DeliveryOutcome`.
CREATE TABLE hook_deliveries (
    hook TEXT NOT NULL,
    event INTEGER NOT NULL,
    at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    outcome INTEGER NOT NULL,
    status INTEGER,
    latency INTEGER,
    error TEXT,
    PRIMARY KEY (hook, event)
) STRICT, WITHOUT ROWID;

-- Which clients and topics are present at which node, while a hook wants to know. Kind 1: clients, kind 2: topics.
CREATE TABLE hook_presence (
    kind INTEGER NOT NULL,
    name TEXT NOT NULL,
    node TEXT NOT NULL,
    PRIMARY KEY (kind, name, node)
) STRICT, WITHOUT ROWID;
CREATE INDEX hook_presence_of_node ON hook_presence (node, kind, name);
