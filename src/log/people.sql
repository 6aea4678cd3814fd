-- People who sign in with a name and a password. `folded` is the name in lower case: two people can't have the same one.
-- `password` is the hash of the password with its parameters (PHC string format). `access` is what the person may do, as
-- JSON. `totp` is the secret of the second factor, and `totp_step` the newest step of 30 seconds whose code was used.
-- `version` counts the changes of the password and of the second factor.
CREATE TABLE people (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    folded TEXT NOT NULL UNIQUE,
    password TEXT NOT NULL,
    access TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    totp BLOB,
    totp_step INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 0,
    signed_in_at INTEGER,
    signed_in_from TEXT
) STRICT, WITHOUT ROWID;

-- The person of a session, and when, from where and with what program it was opened. 0: by a version that did not store it.
ALTER TABLE sessions ADD COLUMN person TEXT;
ALTER TABLE sessions ADD COLUMN opened_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN opened_from TEXT;
ALTER TABLE sessions ADD COLUMN program TEXT;
