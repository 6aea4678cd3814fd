-- API keys. `digest` is the SHA-256 of the text of a key, and `previous` that of the text before the last rotation, which is
-- good until `previous_until`. `access` is what the key may do, as JSON.
CREATE TABLE api_keys (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    digest BLOB NOT NULL,
    previous BLOB,
    previous_until INTEGER,
    access TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    rotated_at INTEGER,
    used_at INTEGER,
    used_from TEXT
) STRICT, WITHOUT ROWID;

-- The text of the API key that opened a session, as its SHA-256. Without one it was the admin token.
ALTER TABLE sessions ADD COLUMN key BLOB;
