-- What a team saves to push with: lists of recipients (kind 1) and templates (kind 2). `content` is JSON which the log does not
-- read, and `summary` is what lists of them show of it. `folded` is the name by which two are the same. Names of who made and
-- changed them are those that they had then. The push that tries a job again (kind 3) has the id of the job and no names; only `content`
-- counts.
CREATE TABLE saved (
    id TEXT PRIMARY KEY,
    kind INTEGER NOT NULL,
    name TEXT NOT NULL,
    folded TEXT NOT NULL,
    summary TEXT NOT NULL,
    content TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    UNIQUE (kind, folded)
) STRICT, WITHOUT ROWID;
