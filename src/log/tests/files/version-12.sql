-- A log of version 12: that of version 11, to which a server of this version added four pushes, two of them of a batch. Never edit it.
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA application_id = 1415868007;
BEGIN TRANSACTION;
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
, pushes_per_day INTEGER) STRICT, WITHOUT ROWID;
INSERT INTO api_keys VALUES('01a225514fcd9454926e','shop',X'b70684227d296858a2137fde319f2824203d237adcc17096d8cab48e606d57fe',X'03f10c5455c036e60788847ad8d908b0f40f9bc1c6f717503daa410e05620a7c',1795957839573,'{"role":"publisher","clients":["shop:*"],"topics":["orders/**"]}',1795922415565,NULL,1795957839574,NULL,NULL,1000);
INSERT INTO api_keys VALUES('01a225514fdd7a134b4b','support',X'a85fd24fd0e7943a2a9e52825f8cbf4ad88eb7682eee98b250d800788c4ad979',NULL,NULL,'{"role":"viewer"}',1795922415581,1803698415581,NULL,1795922415000,'127.0.0.1',NULL);
CREATE TABLE audiences (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind INTEGER NOT NULL,
    name TEXT NOT NULL,
    expired INTEGER NOT NULL DEFAULT 0,
    pruned INTEGER NOT NULL DEFAULT 0,
    UNIQUE (kind, name)
) STRICT;
INSERT INTO audiences VALUES(1,0,'any topic',0,0);
INSERT INTO audiences VALUES(2,0,'everyone',0,0);
INSERT INTO audiences VALUES(3,1,'ada',0,0);
INSERT INTO audiences VALUES(4,1,'bob',0,0);
INSERT INTO audiences VALUES(5,2,'orders/1',0,0);
INSERT INTO audiences VALUES(6,1,'eve',0,0);
INSERT INTO audiences VALUES(7,1,'zoe',0,0);
INSERT INTO audiences VALUES(8,2,'packed/one',0,0);
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
INSERT INTO audit VALUES(1,1795942916692,1,X'7f000001','key.update',5,'01a225514fdd7a134b4b',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO audit VALUES(2,1795942916714,1,X'7f000001','token.revoke',6,'one',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO audit VALUES(3,1795942917459,1,X'7f000001','push',2,'ada bob',2,NULL,NULL,NULL,NULL,NULL);
INSERT INTO audit VALUES(4,1795942917459,NULL,X'7f000001','push',NULL,NULL,NULL,NULL,NULL,'unauthorized',3,NULL);
INSERT INTO audit VALUES(5,1795957839569,1,X'7f000001','key.update',5,'01a225514fcd9454926e',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO audit VALUES(6,1795957839576,1,X'7f000001','key.rotate',5,'01a225514fcd9454926e',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO audit VALUES(7,1795957839583,2,X'7f000001','push',1,'shop:1',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO audit VALUES(8,1795971088416,3,X'7f000001','schedule',1,'ada',NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE audit_blocks (
    caller INTEGER NOT NULL,
    block INTEGER NOT NULL,
    PRIMARY KEY (caller, block)
) STRICT, WITHOUT ROWID;
INSERT INTO audit_blocks VALUES(1,0);
INSERT INTO audit_blocks VALUES(2,0);
INSERT INTO audit_blocks VALUES(3,0);
CREATE TABLE audit_callers (
    id INTEGER PRIMARY KEY,
    caller TEXT NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (caller, name)
) STRICT;
INSERT INTO audit_callers VALUES(1,'admin-token','the admin token');
INSERT INTO audit_callers VALUES(2,'01a225514fcd9454926e','shop');
INSERT INTO audit_callers VALUES(3,'local','this machine');
CREATE TABLE audit_sizes (
    block INTEGER PRIMARY KEY,
    targets INTEGER NOT NULL
) STRICT;
INSERT INTO audit_sizes VALUES(0,4);
CREATE TABLE audit_targets (
    block INTEGER NOT NULL,
    target INTEGER NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (block, target, number)
) STRICT, WITHOUT ROWID;
INSERT INTO audit_targets VALUES(0,29472527809351,7);
INSERT INTO audit_targets VALUES(0,223878746572536,3);
INSERT INTO audit_targets VALUES(0,223878746572536,8);
INSERT INTO audit_targets VALUES(0,264672687605222,3);
CREATE TABLE clients (
    audience INTEGER PRIMARY KEY,
    sent INTEGER NOT NULL DEFAULT 0,
    acked INTEGER NOT NULL DEFAULT 0,
    first_seen INTEGER,
    last_seen INTEGER,
    last_reason TEXT
) STRICT;
INSERT INTO clients VALUES(3,0,2,1795905647098,1795905648980,'left');
CREATE TABLE handlings (
    seq INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    first INTEGER,
    last INTEGER
) STRICT;
CREATE TABLE hook_deliveries (
    hook TEXT NOT NULL,
    event INTEGER NOT NULL,
    at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    outcome INTEGER NOT NULL,
    status INTEGER,
    latency INTEGER,
    error TEXT,
    PRIMARY KEY (hook, event)
) STRICT, WITHOUT ROWID;
INSERT INTO hook_deliveries VALUES('01a2255150000000beef',1,1795957839490,1,0,204,12,NULL);
INSERT INTO hook_deliveries VALUES('01a2255150000000beef',2,1796096461062,2,1,NULL,0,'no connection: failed to lookup address information: Name or service not known');
CREATE TABLE hook_events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    client TEXT,
    topic TEXT,
    messages TEXT NOT NULL DEFAULT '',
    data TEXT NOT NULL DEFAULT '{}'
) STRICT;
INSERT INTO hook_events VALUES(1,1795957839485,0,'ada',NULL,'','{}');
INSERT INTO hook_events VALUES(2,1795957839486,0,'bob',NULL,'','{}');
CREATE TABLE hook_presence (
    kind INTEGER NOT NULL,
    name TEXT NOT NULL,
    node TEXT NOT NULL,
    PRIMARY KEY (kind, name, node)
) STRICT, WITHOUT ROWID;
INSERT INTO hook_presence VALUES(1,'ada','node1');
CREATE TABLE hooks (
    id TEXT PRIMARY KEY,
    config TEXT NOT NULL,
    kinds INTEGER NOT NULL,
    secrets TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    paused TEXT,
    paused_at INTEGER,
    cursor INTEGER NOT NULL,
    run INTEGER NOT NULL DEFAULT 0,
    replayed INTEGER NOT NULL DEFAULT 0,
    lost INTEGER NOT NULL DEFAULT 0,
    failing_since INTEGER,
    failing_why TEXT,
    retry_at INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO hooks VALUES('01a2255150000000beef','{"url":"https://api.example.org/hooks","name":"shop","events":["client.online"],"clients":[],"topics":[]}',1,'{"current":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}',1795957839484,NULL,NULL,1,0,0,0,1796096460378,'no connection: failed to lookup address information: Name or service not known',1796096462928);
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
INSERT INTO jobs VALUES(1,'356e1e53-ea69-44b9-8c1e-6103de2783aa','a job',0,NULL,0,3,NULL,0,300,1795905665129,1795905665129,NULL,1,0,NULL,NULL);
CREATE TABLE key_pushes (
    key TEXT NOT NULL,
    node TEXT NOT NULL,
    day INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (key, node)
) STRICT, WITHOUT ROWID;
INSERT INTO key_pushes VALUES('01a225514fcd9454926e','node1',20786,1);
CREATE TABLE keys (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    digest BLOB NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT;
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
INSERT INTO log VALUES(1,'fd40cb21',1795905643607,0,0,9,9,0,1795905643607,0,0);
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
, handling INTEGER) STRICT;
INSERT INTO messages VALUES(1,1795905645657,NULL,0,2,NULL,NULL,NULL,0,'to everyone',NULL);
INSERT INTO messages VALUES(2,1795905645706,NULL,0,3,NULL,NULL,NULL,0,'to ada',NULL);
INSERT INTO messages VALUES(3,1795905645832,NULL,0,NULL,'[3,4]',NULL,NULL,0,'to two',NULL);
INSERT INTO messages VALUES(4,1795905645896,NULL,0,5,NULL,NULL,'order',0,'to a topic',NULL);
INSERT INTO messages VALUES(5,1795905645963,NULL,2,6,NULL,'[6]',NULL,0,'',NULL);
INSERT INTO messages VALUES(6,1796096461877,NULL,0,7,NULL,NULL,NULL,0,'to zoe',NULL);
INSERT INTO messages VALUES(7,1796096461890,NULL,0,8,NULL,NULL,NULL,0,'to zoe',NULL);
INSERT INTO messages VALUES(8,1796096461901,NULL,0,7,NULL,NULL,NULL,0,'two',NULL);
INSERT INTO messages VALUES(9,1796096461901,NULL,0,7,NULL,NULL,NULL,0,'three',NULL);
CREATE TABLE openings (
    ordinal INTEGER PRIMARY KEY,
    random TEXT NOT NULL,
    first INTEGER NOT NULL
) STRICT;
INSERT INTO openings VALUES(1795905643622,'10cd93',1);
INSERT INTO openings VALUES(1796096460369,'a8f76a',6);
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
INSERT INTO people VALUES('01a22691e1e1843d6e0f','Ada','ada','$argon2id$v=19$m=19456,t=2,p=1$YJQ+VJKllrFC9qY/Wshzsg$E2i72ftj2YJPSapUDvnW/ZPBkQpXWkkuf+M0vevPlmA','{"role":"operator"}',1795943424481,NULL,0,0,1795943424661,'127.0.0.1');
INSERT INTO people VALUES('01a22691e24e1f67c841','bob','bob','$argon2id$v=19$m=19456,t=2,p=1$3zpG/Pz3AWyu5ZdBNki2tw$Pky02i6kYNT9/jt9577lSj7pa3VQOGXO02Beu702mUM','{"role":"viewer","clients":["shop:*"]}',1795943424590,NULL,0,0,NULL,NULL);
CREATE TABLE posts (
    block INTEGER NOT NULL,
    audience INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    topic INTEGER,
    PRIMARY KEY (block, audience, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO posts VALUES(0,-6,5,NULL);
INSERT INTO posts VALUES(0,1,4,5);
INSERT INTO posts VALUES(0,1,7,8);
INSERT INTO posts VALUES(0,2,1,NULL);
INSERT INTO posts VALUES(0,3,2,NULL);
INSERT INTO posts VALUES(0,3,3,NULL);
INSERT INTO posts VALUES(0,4,3,NULL);
INSERT INTO posts VALUES(0,5,4,NULL);
INSERT INTO posts VALUES(0,7,6,NULL);
INSERT INTO posts VALUES(0,7,8,NULL);
INSERT INTO posts VALUES(0,7,9,NULL);
INSERT INTO posts VALUES(0,8,7,NULL);
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
INSERT INTO recalls VALUES(5,5);
CREATE TABLE replaceable (
    scope ANY NOT NULL,
    key TEXT NOT NULL,
    seq INTEGER NOT NULL,
    first INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;
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
INSERT INTO saved VALUES('01a2290512648d4af56a',1,'Testers','testers','{"clients":2,"topics":1}','{"clients":["ada","bob"],"topics":["orders/1"]}','this machine',1795984527972,'this machine',1795984527972);
INSERT INTO saved VALUES('01a229051280cbe8b1d9',2,'Maintenance','maintenance','{"event":"status"}','{"name":"Maintenance","data":{"state": "down"},"event":"status","ttl":60,"urgency":"high"}','this machine',1795984528000,'this machine',1795984528000);
CREATE TABLE scheduled (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE,
    due_at INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    key TEXT,
    entry BLOB NOT NULL,
    message INTEGER
) STRICT;
INSERT INTO scheduled VALUES(1,X'04a7e2289fef49d7928ac509a68797d1',1821891087495,1795971087495,'later',X'868482008163616461f6f4656c61746572f6f6f6f68282656c6f63616c6c74686973206d616368696e658200811a7f000001',NULL);
CREATE TABLE sessions (
    digest BLOB PRIMARY KEY,
    ends_at INTEGER NOT NULL
, key BLOB, person TEXT, opened_at INTEGER NOT NULL DEFAULT 0, opened_from TEXT, program TEXT) STRICT, WITHOUT ROWID;
INSERT INTO sessions VALUES(X'2128a779927680431dd77b8778917a6e8833f635405dd5828f5fc1af60ef7dbc',1795986624654,NULL,'01a22691e1e1843d6e0f',1795943424661,'127.0.0.1','a browser');
INSERT INTO sessions VALUES(X'7255b2e8d711f808ec8a5feca77b378ec08972cf16e66456b313780ef8918bfa',1795965615590,X'a85fd24fd0e7943a2a9e52825f8cbf4ad88eb7682eee98b250d800788c4ad979',NULL,0,NULL,NULL);
CREATE TABLE stream_marks (
    place INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    head INTEGER NOT NULL
) STRICT;
CREATE TABLE topic_states (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    json INTEGER NOT NULL,
    data TEXT NOT NULL
) STRICT;
CREATE TABLE traces (
    seq INTEGER PRIMARY KEY,
    parent TEXT NOT NULL
) STRICT;
CREATE TABLE updates (
    seq INTEGER PRIMARY KEY,
    private INTEGER NOT NULL,
    id TEXT,
    retry INTEGER
) STRICT;
CREATE TABLE urgent (
    audience INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (audience, seq)
) STRICT, WITHOUT ROWID;
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
INSERT INTO samples VALUES(5,1795998287430,0,0,0.0,0.0,NULL,NULL,9297920);
INSERT INTO samples VALUES(5,1795998292430,0,0,0.0,0.0,NULL,NULL,9195520);
INSERT INTO samples VALUES(60,1795998292430,0,0,0.0,0.0,NULL,NULL,9297920);
INSERT INTO samples VALUES(600,1795998292430,0,0,0.0,0.0,NULL,NULL,9297920);
CREATE TABLE marks (
    at INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (at, kind)
) STRICT, WITHOUT ROWID;
INSERT INTO marks VALUES(1795998282415,0,'0.1.0');
INSERT INTO marks VALUES(1796096460372,0,'0.1.0');
CREATE TABLE audit_packs (
    first INTEGER PRIMARY KEY,
    last INTEGER NOT NULL,
    at INTEGER NOT NULL,
    entries TEXT NOT NULL
) STRICT;
INSERT INTO audit_packs VALUES(9,9,1796096461877,'[[1,"zoe",6,3,"127.0.0.1"]]');
INSERT INTO audit_packs VALUES(10,10,1796096461890,'[[3,"packed/one",7,3,"127.0.0.1"]]');
INSERT INTO audit_packs VALUES(11,12,1796096461901,'[[1,"zoe",8,3,"127.0.0.1"],[1,"zoe",9,3,"127.0.0.1"]]');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('audiences',8);
INSERT INTO sqlite_sequence VALUES('jobs',1);
INSERT INTO sqlite_sequence VALUES('hook_events',2);
INSERT INTO sqlite_sequence VALUES('scheduled',1);
CREATE INDEX updates_by_id ON updates (id) WHERE id IS NOT NULL;
CREATE INDEX audit_by_action ON audit (action, number) WHERE action != 'push';
CREATE INDEX audit_by_outcome ON audit (outcome, number) WHERE outcome IS NOT NULL;
CREATE INDEX messages_to_expire ON messages (expires_at) WHERE expires_at IS NOT NULL AND ended = 0;
CREATE INDEX messages_ended ON messages (seq) WHERE ended > 0;
CREATE INDEX jobs_by_state ON jobs (state, number);
CREATE INDEX jobs_ended ON jobs (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX jobs_by_push ON jobs (push) WHERE push IS NOT NULL;
CREATE INDEX recalls_by_head ON recalls (head);
CREATE INDEX hook_events_by_time ON hook_events (at);
CREATE INDEX hook_presence_of_node ON hook_presence (node, kind, name);
CREATE INDEX scheduled_due ON scheduled (due_at, number) WHERE message IS NULL;
CREATE INDEX scheduled_sent ON scheduled (message) WHERE message IS NOT NULL;
CREATE INDEX scheduled_keys ON scheduled (key) WHERE key IS NOT NULL;
CREATE INDEX replaceable_by_message ON replaceable (seq);
CREATE INDEX topic_states_by_message ON topic_states (seq);
PRAGMA user_version = 12;
COMMIT;
