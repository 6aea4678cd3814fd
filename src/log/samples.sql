-- Measurements of this node over time. `step` is the time between two of them in seconds, and `at` the end of the interval in
-- milliseconds since 1970. Other nodes of a cluster have their own: no record changes this table, and copies of the log for
-- other nodes leave it out.
CREATE TABLE samples (
    step INTEGER NOT NULL,
    at INTEGER NOT NULL,
    clients INTEGER NOT NULL,
    connections INTEGER NOT NULL,
    pushes REAL NOT NULL,
    deliveries REAL NOT NULL,
    lag_p50 REAL,
    lag_p99 REAL,
    memory INTEGER NOT NULL,
    PRIMARY KEY (step, at)
) STRICT, WITHOUT ROWID;

-- Moments at which something happened to this node, such as its start. The same holds for them.
CREATE TABLE marks (
    at INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (at, kind)
) STRICT, WITHOUT ROWID;
