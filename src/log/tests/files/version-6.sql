-- A log of version 6: five messages, of which one was recalled, an acknowledgement, a job and two revocations. Never edit it.
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA application_id = 1415868007;
BEGIN TRANSACTION;
CREATE TABLE audiences (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind INTEGER NOT NULL,
    name TEXT NOT NULL,
    expired INTEGER NOT NULL DEFAULT 0,
    pruned INTEGER NOT NULL DEFAULT 0,
    UNIQUE (kind, name)
) STRICT;
INSERT INTO "audiences" VALUES(1,0,'any topic',0,0);
INSERT INTO "audiences" VALUES(2,0,'everyone',0,0);
INSERT INTO "audiences" VALUES(3,1,'ada',0,0);
INSERT INTO "audiences" VALUES(4,1,'bob',0,0);
INSERT INTO "audiences" VALUES(5,2,'orders/1',0,0);
INSERT INTO "audiences" VALUES(6,1,'eve',0,0);
CREATE TABLE clients (
    audience INTEGER PRIMARY KEY,
    sent INTEGER NOT NULL DEFAULT 0,
    acked INTEGER NOT NULL DEFAULT 0,
    first_seen INTEGER,
    last_seen INTEGER,
    last_reason TEXT
) STRICT;
INSERT INTO "clients" VALUES(3,0,2,1795905647098,1795905648980,'left');
CREATE TABLE job_lines (
    job INTEGER NOT NULL,
    line INTEGER NOT NULL,
    at INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (job, line)
) STRICT, WITHOUT ROWID;
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
INSERT INTO "jobs" VALUES(1,'356e1e53-ea69-44b9-8c1e-6103de2783aa','a job',0,NULL,0,3,NULL,0,300,1795905665129,1795905665129,NULL,1,0,NULL,NULL);
CREATE TABLE keys (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    digest BLOB NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT;
INSERT INTO "keys" VALUES(1,'k1',X'99456078C43BCDF96FD10F79390A4AD4',2,1795905645706);
CREATE TABLE log (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    floor INTEGER NOT NULL DEFAULT 0,
    pruned INTEGER NOT NULL DEFAULT 0,
    counted INTEGER NOT NULL DEFAULT 0,
    counted_to INTEGER NOT NULL DEFAULT 0,
    forgotten INTEGER NOT NULL DEFAULT 0,
    turned_at INTEGER NOT NULL DEFAULT 0,
    turned_pruned INTEGER NOT NULL DEFAULT 0,
    turned_audience INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO "log" VALUES(1,'fd40cb21',1795905643607,0,0,5,5,0,1795905643607,0,0);
CREATE TABLE messages (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    expires_at INTEGER,
    ended INTEGER NOT NULL DEFAULT 0,
    audience INTEGER,
    audiences TEXT,
    missed TEXT,
    event TEXT,
    json INTEGER NOT NULL,
    data TEXT NOT NULL
) STRICT;
INSERT INTO "messages" VALUES(1,1795905645657,NULL,0,2,NULL,NULL,NULL,0,'to everyone');
INSERT INTO "messages" VALUES(2,1795905645706,NULL,0,3,NULL,NULL,NULL,0,'to ada');
INSERT INTO "messages" VALUES(3,1795905645832,NULL,0,NULL,'[3,4]',NULL,NULL,0,'to two');
INSERT INTO "messages" VALUES(4,1795905645896,NULL,0,5,NULL,NULL,'order',0,'to a topic');
INSERT INTO "messages" VALUES(5,1795905645963,NULL,2,6,NULL,'[6]',NULL,0,'');
CREATE TABLE openings (
    ordinal INTEGER PRIMARY KEY,
    random TEXT NOT NULL,
    first INTEGER NOT NULL
) STRICT;
INSERT INTO "openings" VALUES(1795905643622,'10cd93',1);
INSERT INTO "openings" VALUES(1795908959106,'de63dc',6);
CREATE TABLE posts (
    block INTEGER NOT NULL,
    audience INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    topic INTEGER,
    PRIMARY KEY (block, audience, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO "posts" VALUES(0,-6,5,NULL);
INSERT INTO "posts" VALUES(0,1,4,5);
INSERT INTO "posts" VALUES(0,2,1,NULL);
INSERT INTO "posts" VALUES(0,3,2,NULL);
INSERT INTO "posts" VALUES(0,3,3,NULL);
INSERT INTO "posts" VALUES(0,4,3,NULL);
INSERT INTO "posts" VALUES(0,5,4,NULL);
CREATE TABLE publishers (
    boot INTEGER PRIMARY KEY,
    number INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE TABLE reach (
    seq INTEGER PRIMARY KEY,
    connections INTEGER NOT NULL,
    delivered INTEGER NOT NULL
) STRICT;
CREATE TABLE recalls (
    seq INTEGER PRIMARY KEY,
    head INTEGER NOT NULL
) STRICT;
INSERT INTO "recalls" VALUES(5,5);
CREATE TABLE replica (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    place INTEGER NOT NULL,
    at INTEGER NOT NULL,
    time INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE revoked_tokens (
    kind INTEGER NOT NULL,
    name TEXT NOT NULL,
    issued_until INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;
INSERT INTO revoked_tokens VALUES(0,'one',1790000000,9000000000000);
INSERT INTO revoked_tokens VALUES(1,'ada',1790000000,9000000000000);
CREATE TABLE sessions (
    digest BLOB PRIMARY KEY,
    ends_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE stream_marks (
    place INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    head INTEGER NOT NULL
) STRICT;
CREATE TABLE traces (
    seq INTEGER PRIMARY KEY,
    parent TEXT NOT NULL
) STRICT;
CREATE INDEX messages_to_expire ON messages (expires_at) WHERE expires_at IS NOT NULL AND ended = 0;
CREATE INDEX messages_ended ON messages (seq) WHERE ended > 0;
CREATE INDEX jobs_by_state ON jobs (state, number);
CREATE INDEX jobs_ended ON jobs (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX jobs_by_push ON jobs (push) WHERE push IS NOT NULL;
CREATE INDEX recalls_by_head ON recalls (head);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('audiences',6);
INSERT INTO "sqlite_sequence" VALUES('jobs',1);
COMMIT;
PRAGMA user_version = 6;
