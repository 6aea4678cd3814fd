-- The audit trail: who did what. Names of callers are stored once. `address` has 4 or 16 bytes. Without `outcome` it was
-- done; else it has the code of the error. `count` and `last_at` are there if an entry stands for several requests.
CREATE TABLE audit (
    number INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    caller INTEGER,
    address BLOB,
    action TEXT NOT NULL,
    -- 1: a client, 2: several (the first ten, and their number in `clients`), 3: a topic, 4: everyone, 5: an API key, 6: a
    -- stream token, 7: a person.
    kind INTEGER,
    target TEXT,
    clients INTEGER,
    seq INTEGER,
    job TEXT,
    outcome TEXT,
    count INTEGER,
    last_at INTEGER
) STRICT;

-- Nearly all entries are pushes that were accepted. The others are found without reading them.
CREATE INDEX audit_by_action ON audit (action, number) WHERE action != 'push';
CREATE INDEX audit_by_outcome ON audit (outcome, number) WHERE outcome IS NOT NULL;

CREATE TABLE audit_callers (
    id INTEGER PRIMARY KEY,
    caller TEXT NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (caller, name)
) STRICT;

-- The rows of each block in the table of targets, to know what the trail takes.
CREATE TABLE audit_sizes (
    block INTEGER PRIMARY KEY,
    targets INTEGER NOT NULL
) STRICT;

-- In which blocks of entries there are some of a caller.
CREATE TABLE audit_blocks (
    caller INTEGER NOT NULL,
    block INTEGER NOT NULL,
    PRIMARY KEY (caller, block)
) STRICT, WITHOUT ROWID;

-- The entries about each client and topic, which is a hash here, in blocks of entries. Entries about one of them are here once
-- their block is complete, those about several at once.
CREATE TABLE audit_targets (
    block INTEGER NOT NULL,
    target INTEGER NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (block, target, number)
) STRICT, WITHOUT ROWID;
