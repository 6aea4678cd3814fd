-- How many messages an API key may push on one day. NULL: any number.
ALTER TABLE api_keys ADD COLUMN pushes_per_day INTEGER;

-- How many messages an API key has pushed at each node, on the last day on which it did. `day` counts days since 1970 (UTC).
CREATE TABLE key_pushes (
    key TEXT NOT NULL,
    node TEXT NOT NULL,
    day INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (key, node)
) STRICT, WITHOUT ROWID;
