-- Revoked stream tokens: those with an id (kind 0: the claim `jti`), and those of a client (kind 1) that were issued up to a
-- time in seconds since 1970. A row is kept until no such token can be valid any more.
CREATE TABLE revoked_tokens (
    kind INTEGER NOT NULL,
    name TEXT NOT NULL,
    issued_until INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;
