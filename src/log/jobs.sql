-- Jobs, in order of creation. `push` is the message that a job tracks. `delivery` counts its receipts: a JSON array of
-- audience, sent, acknowledged, waiting, expired and recalled.
CREATE TABLE jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    state INTEGER NOT NULL,
    reason INTEGER,
    step INTEGER NOT NULL,
    total INTEGER,
    message TEXT,
    cancel_requested INTEGER NOT NULL,
    timeout INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    ended_at INTEGER,
    first_line INTEGER NOT NULL,
    last_line INTEGER NOT NULL,
    push INTEGER,
    delivery TEXT
) STRICT;
CREATE INDEX jobs_by_state ON jobs (state, number);
CREATE INDEX jobs_ended ON jobs (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX jobs_by_push ON jobs (push) WHERE push IS NOT NULL;

-- Log lines of jobs.
CREATE TABLE job_lines (
    job INTEGER NOT NULL,
    line INTEGER NOT NULL,
    at INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (job, line)
) STRICT, WITHOUT ROWID;
