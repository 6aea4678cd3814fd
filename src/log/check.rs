//! Checks the file of a log that no server has open: whether it can be read, and whether its tables are consistent.
//!
//! The file is opened read-only, and the folder is locked during the check.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, ErrorCode, Row};

use crate::log::{
    codes::sql,
    error::{OpenError, ReadError, is_damage},
    files, migrations,
    reader::salvage,
    rows::{COLUMNS, Decoder},
    schema,
};
use crate::message::{Audience, Seq};

/// The maximum number of structural errors to list.
const MAX_ERRORS: u32 = 100;

/// Clears the name cache of the decoder after this many messages, to bound its memory.
const CLEAR_NAMES_EVERY: u64 = 10_000;

/// The result of a check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// The database file.
    pub path: PathBuf,
    /// Messages that can be read.
    pub messages: u64,
    /// The first and the last readable position. None if there is no readable message.
    pub positions: Option<(Seq, Seq)>,
    /// The unreadable ranges (first and last position), in order.
    pub unreadable: Vec<(Seq, Seq)>,
    /// Structural errors, as reported by SQLite.
    pub structure: Vec<String>,
    /// Tables that are inconsistent with each other, or that can't be compared.
    pub inconsistencies: Vec<String>,
}

impl CheckReport {
    /// Whether nothing is damaged.
    pub fn is_good(&self) -> bool {
        self.unreadable.is_empty() && self.structure.is_empty() && self.inconsistencies.is_empty()
    }

    /// The damage in one line. None if nothing is damaged.
    pub fn damage(&self) -> Option<String> {
        let lost = self.unreadable.iter().map(|(from, to)| to - from + 1);
        let lost = match lost.sum() {
            0 => None,
            1 => Some("1 message can't be read".to_owned()),
            count => Some(format!("{count} messages can't be read")),
        };
        let first = self.structure.iter().chain(&self.inconsistencies).next();
        let parts: Vec<String> = lost.into_iter().chain(first.cloned()).collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

/// Checks the log in a folder. Reads the whole file. Fails if the log can't be checked: it does not exist, it is
/// another kind of file, or a server has it open.
pub fn check(folder: &Path) -> Result<CheckReport, OpenError> {
    let path = files::database(folder);
    fs::metadata(&path).map_err(|source| OpenError::Folder {
        path: path.clone(),
        source,
    })?;
    let _lock = schema::lock(folder)?;
    let wal = files::wal_path(&path);
    let had_wal = wal.exists();
    let report = check_file(&path);
    // SQLite creates these files to read, and can't delete them through a read-only connection.
    if !had_wal && fs::metadata(&wal).is_ok_and(|wal| wal.len() == 0) {
        let _ = fs::remove_file(&wal);
        let _ = fs::remove_file(files::index_path(&path));
    }
    report
}

/// Checks a file that nobody writes.
pub(super) fn check_file(path: &Path) -> Result<CheckReport, OpenError> {
    let mut report = CheckReport {
        path: path.to_path_buf(),
        ..CheckReport::default()
    };
    let opened = schema::open_reader(path).map_err(|source| OpenError::Database {
        path: path.to_path_buf(),
        source,
    });
    let conn = match opened.and_then(|conn| migrations::identify(&conn, path).map(|()| conn)) {
        Ok(conn) => conn,
        Err(OpenError::Database { source, path }) if is_other_format(&source) => {
            return Err(OpenError::Foreign(path));
        }
        Err(OpenError::Database { source, .. }) if is_damage(&source) => {
            report.structure.push(source.to_string());
            return Ok(report);
        }
        Err(error) => return Err(error),
    };
    report.structure = structure(&conn);
    report.read_messages(&conn);
    for invariant in INVARIANTS {
        report.inconsistencies.extend(invariant.check(&conn));
    }
    Ok(report)
}

fn is_other_format(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::NotADatabase)
}

/// Runs SQLite's own check of the file structure.
fn structure(conn: &Connection) -> Vec<String> {
    let pragma = format!("PRAGMA integrity_check({MAX_ERRORS})");
    let mut lines = Vec::new();
    let checked = conn.prepare(&pragma).and_then(|mut check| {
        let mut rows = check.query([])?;
        while let Some(row) = rows.next()? {
            lines.push(row.get::<_, String>(0)?);
        }
        Ok(())
    });
    if let Err(error) = checked {
        lines.push(error.to_string());
    }
    lines.retain(|line| line != "ok");
    // One row may have several lines.
    lines
        .iter()
        .flat_map(|text| text.lines().map(str::to_owned))
        .collect()
}

impl CheckReport {
    /// Reads all messages in order, and continues after each unreadable range.
    fn read_messages(&mut self, conn: &Connection) {
        let newest = newest_position(conn);
        let mut reader = MessageReader::default();
        while reader.read(conn, self).is_err() {
            let bad = reader.reached + 1;
            let next = match reader.last_row {
                // The row exists, but its content is invalid.
                Some(row) if row == bad => bad + 1,
                _ => salvage::next_readable(conn, bad, newest.max(bad)),
            };
            self.unreadable.push((bad, next - 1));
            reader.reached = next - 1;
            if reader.reached >= newest {
                break;
            }
        }
    }
}

/// The newest position, according to the tables that can be read.
fn newest_position(conn: &Connection) -> Seq {
    let sources = [
        "SELECT max(seq) FROM messages",
        "SELECT max(seq) FROM posts WHERE block = (SELECT max(block) FROM posts)",
        "SELECT max(floor, pruned, counted_to) FROM log",
    ];
    let read = |source: &&str| conn.query_row(source, [], |row| row.get(0)).ok().flatten();
    sources.iter().filter_map(read).max().unwrap_or_default()
}

/// Progress of reading all messages.
#[derive(Default)]
struct MessageReader {
    /// Everything up to here has been read or found unreadable.
    reached: Seq,
    /// The position of the last row that was read.
    last_row: Option<Seq>,
}

impl MessageReader {
    fn read(&mut self, conn: &Connection, report: &mut CheckReport) -> Result<(), ReadError> {
        let select = format!("SELECT {COLUMNS} FROM messages m WHERE m.seq >= ?1 ORDER BY m.seq");
        let mut find = conn.prepare_cached(&select)?;
        let mut rows = find.query([sql(self.reached + 1)])?;
        let mut decoder = Decoder::default();
        self.last_row = None;
        while let Some(row) = rows.next()? {
            let seq: Seq = row.get(0)?;
            self.reached = self.reached.max(seq.saturating_sub(1));
            self.last_row = Some(seq);
            decode(conn, &mut decoder, row)?;
            self.reached = seq;
            report.messages += 1;
            let first = report.positions.map_or(seq, |(first, _)| first);
            report.positions = Some((first, seq));
            if report.messages.is_multiple_of(CLEAR_NAMES_EVERY) {
                decoder = Decoder::default();
            }
        }
        Ok(())
    }
}

fn decode(conn: &Connection, decoder: &mut Decoder, row: &Row<'_>) -> Result<(), ReadError> {
    if let Some(audience) = row.get(4)? {
        decoder.audience(conn, audience)?;
    }
    decoder.record(conn, row, Audience::Everyone)?;
    Ok(())
}

/// An invariant between tables.
struct Invariant {
    /// The tables it needs. Older files do not have all of them.
    tables: &'static [&'static str],
    /// A query that counts the violations.
    count: &'static str,
    /// Describes the violations.
    violation: &'static str,
}

const INVARIANTS: &[Invariant] = &[
    Invariant {
        tables: &["messages", "posts"],
        count: "SELECT count(*) FROM posts LEFT JOIN messages USING (seq) WHERE messages.seq IS NULL",
        violation: "postings of messages that do not exist",
    },
    Invariant {
        tables: &["messages", "posts"],
        count: "SELECT count(*) FROM messages m WHERE ended = 0 AND audience IS NOT NULL AND NOT EXISTS
                (SELECT 1 FROM posts p WHERE p.block = m.seq >> 15 AND p.audience = m.audience AND p.seq = m.seq)",
        violation: "messages that are not in the index of their audience",
    },
    Invariant {
        tables: &["messages", "posts"],
        count: "SELECT count(*) FROM messages m, json_each(m.audiences) a WHERE ended = 0 AND NOT EXISTS
                (SELECT 1 FROM posts p WHERE p.block = m.seq >> 15 AND abs(p.audience) = a.value AND p.seq = m.seq)",
        violation: "recipients of messages to several clients that are not in the index",
    },
    Invariant {
        tables: &["messages", "posts", "audiences"],
        count: "SELECT count(*) FROM messages m JOIN audiences a ON a.id = m.audience AND a.kind = 2
                WHERE ended = 0 AND NOT EXISTS
                (SELECT 1 FROM posts p WHERE p.block = m.seq >> 15 AND p.audience = 1 AND p.seq = m.seq)",
        violation: "messages to topics that are not in the index of all topics",
    },
    Invariant {
        tables: &["messages", "posts"],
        count: "SELECT count(*) FROM posts JOIN messages USING (seq) WHERE posts.audience > 0 AND ended > 0",
        violation: "postings of messages that have ended",
    },
    Invariant {
        tables: &["messages", "audiences"],
        count: "SELECT count(*) FROM messages m WHERE audience IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM audiences WHERE id = m.audience)",
        violation: "messages to a client or topic without a name",
    },
    Invariant {
        tables: &["messages", "updates"],
        count: "SELECT (SELECT count(*) FROM updates LEFT JOIN messages m USING (seq)
                        WHERE m.audience IS NULL OR m.audiences IS NULL)
                     + (SELECT count(*) FROM messages m LEFT JOIN updates u USING (seq)
                        WHERE m.audience IS NOT NULL AND m.audiences IS NOT NULL AND u.seq IS NULL)",
        violation: "updates without a message, or messages that are half an update",
    },
    Invariant {
        tables: &["messages", "handlings"],
        count: "SELECT (SELECT count(*) FROM handlings LEFT JOIN messages m USING (seq) WHERE m.seq IS NULL)
                     + (SELECT count(*) FROM messages m LEFT JOIN handlings h USING (seq)
                        WHERE m.handling & 4 AND h.seq IS NULL)",
        violation: "keys for replacement without a message, or messages without their key",
    },
    Invariant {
        tables: &["messages", "log"],
        count: "SELECT abs(counted - (SELECT count(*) FROM messages WHERE seq <= counted_to)) FROM log",
        violation: "more or fewer messages than the stored count",
    },
    Invariant {
        tables: &["log"],
        count: "SELECT count(*) != 1 FROM log",
        violation: "the row that describes the log is missing",
    },
    Invariant {
        tables: &["clients", "messages", "log"],
        count: "SELECT count(*) FROM clients, log WHERE max(sent, acked) >
                max(floor, pruned, coalesce((SELECT max(seq) FROM messages), 0))",
        violation: "clients whose position is after the newest message",
    },
    Invariant {
        tables: &["clients", "audiences"],
        count: "SELECT count(*) FROM clients LEFT JOIN audiences ON id = audience AND kind = 1 WHERE id IS NULL",
        violation: "clients without a name",
    },
    Invariant {
        tables: &["job_lines", "jobs"],
        count: "SELECT count(*) FROM job_lines LEFT JOIN jobs ON number = job
                WHERE number IS NULL OR line > last_line",
        violation: "log lines of jobs that do not exist",
    },
    Invariant {
        tables: &["openings"],
        count: "SELECT count(*) FROM
                (SELECT first < lag(first) OVER (ORDER BY ordinal) AS falls FROM openings) WHERE falls",
        violation: "openings of the log that begin before the previous opening",
    },
];

impl Invariant {
    /// The violations as text. None if there are none.
    fn check(&self, conn: &Connection) -> Option<String> {
        let exists =
            "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1)";
        for table in self.tables {
            let exists = conn.query_row(exists, [table], |row| row.get(0));
            if matches!(exists, Ok(false)) {
                return None;
            }
        }
        match conn.query_row(self.count, [], |row| row.get::<_, u64>(0)) {
            Ok(0) => None,
            Ok(count) => Some(format!("{count} {}", self.violation)),
            Err(error) => Some(format!("not checked: {} ({error})", self.violation)),
        }
    }
}
