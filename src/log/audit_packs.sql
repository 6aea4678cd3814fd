-- Accepted pushes of the audit trail, packed: those that a commit has written, from number `first` to `last`, all at the same
-- time and in the same block of 1,024 numbers. `entries` is a JSON array with an array for each: the kind of its target (1: a client, 3: a topic,
-- 4: everyone), the target, the position of the message, the caller (in audit_callers), the address. What does not exist is
-- null. All other entries are in the table `audit`; each number is in one of both.
CREATE TABLE audit_packs (
    first INTEGER PRIMARY KEY,
    last INTEGER NOT NULL,
    at INTEGER NOT NULL,
    entries TEXT NOT NULL
) STRICT;
