//! Baselines: the cost of the same work without a server, and the `sqlite3` command line.

use std::{
    fs::File,
    io::Write,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use rusqlite::Connection;

use crate::median::median;

/// Bytes of one push in the baseline.
const PUSH: usize = 300;

/// What it takes to make each push durable by itself.
#[derive(Clone, Copy, Debug)]
pub struct Synced {
    /// Pushes per second.
    pub rate: f64,
    /// The time that half of them do not exceed, in microseconds.
    pub half_micros: f64,
}

/// Makes each push durable by itself: 300 bytes and one fdatasync.
pub fn fsync_per_push(folder: &Path, span: Duration) -> Result<Synced> {
    let path = folder.join("by-hand");
    let mut file = File::create(&path)?;
    let push = [b'x'; PUSH];
    let (began, mut micros) = (Instant::now(), Vec::new());
    while began.elapsed() < span {
        let one = Instant::now();
        file.write_all(&push)?;
        file.sync_data()?;
        micros.push(one.elapsed().as_secs_f64() * 1e6);
    }
    let rate = micros.len() as f64 / began.elapsed().as_secs_f64();
    std::fs::remove_file(path)?;
    Ok(Synced {
        rate,
        half_micros: median(&micros),
    })
}

/// Rows per second into an SQLite table with a number and a text, without an index: a thousand rows per transaction,
/// each transaction durable.
pub fn plain_inserts(folder: &Path, rows: u64, data: &str) -> Result<f64> {
    let path = folder.join("plain.sqlite3");
    let conn = Connection::open(&path)?;
    conn.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE messages (seq INTEGER PRIMARY KEY, data TEXT NOT NULL);",
    )?;
    let mut insert = conn.prepare("INSERT INTO messages (data) VALUES (?1)")?;
    let began = Instant::now();
    for first in (0..rows).step_by(1_000) {
        conn.execute_batch("BEGIN")?;
        for _ in first..rows.min(first + 1_000) {
            insert.execute([data])?;
        }
        conn.execute_batch("COMMIT")?;
    }
    let rate = rows as f64 / began.elapsed().as_secs_f64();
    drop(insert);
    drop(conn);
    std::fs::remove_file(path)?;
    Ok(rate)
}

/// The time in seconds in which the `sqlite3` command line reads all messages of a log.
pub fn read_all(folder: &Path) -> Result<f64> {
    let began = Instant::now();
    let status = Command::new("sqlite3")
        .arg(folder.join("tidings.sqlite3"))
        .arg("select seq, data from messages")
        .stdout(Stdio::null())
        .status()
        .context("the sqlite3 command line is needed as a peer")?;
    ensure!(status.success(), "sqlite3 could not read the log");
    Ok(began.elapsed().as_secs_f64())
}
