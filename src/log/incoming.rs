//! A copy of the log of another node, which becomes the log of this one.
//!
//! It is written to a file of its own and checked. Then it takes the place of the database in one step, so a process
//! that is killed at any time leaves either the old log or the complete new one. The old log is kept under another name.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use rusqlite::Connection;
use sha2::{Digest as _, Sha256};

use crate::log::{
    copy::CopyFacts,
    copy_error::CopyError,
    copy_files::{incoming, remove_leftovers},
    error::OpenError,
    files, migrations, openings,
    options::milliseconds,
    replica_rows, schema,
};

/// In the name of an old database, between the name of the database and the time.
const OLD: &str = ".sqlite3.old-";

/// A copy that is being received.
pub struct IncomingCopy {
    database: PathBuf,
    path: PathBuf,
    file: File,
    size: u64,
    hash: Sha256,
    /// Locked until the copy is in its place.
    _lock: File,
}

/// Whether there is a database in this folder.
pub fn exists(folder: &Path) -> bool {
    fs::metadata(files::database(folder)).is_ok_and(|file| file.len() > 0)
}

impl IncomingCopy {
    /// Begins to receive a copy in this folder, which must not be in use. The log of a single server is refused: it has
    /// messages that are nowhere else.
    pub fn begin(folder: &Path) -> Result<Self, CopyError> {
        let lock = schema::lock(folder)?;
        let database = files::database(folder);
        if exists(folder) {
            let read = schema::open_reader(&database).and_then(|conn| replica_rows::read(&conn));
            match read {
                Ok(Some(_)) => {}
                Ok(None) => return Err(OpenError::OfSingleServer(database).into()),
                Err(source) => return Err(CopyError::database(&database)(source)),
            }
        }
        remove_leftovers(folder);
        let path = incoming(&database);
        let file = files::open_or_make(&path).map_err(CopyError::file(&path))?;
        Ok(Self {
            database,
            path,
            file,
            size: 0,
            hash: Sha256::new(),
            _lock: lock,
        })
    }

    /// Bytes so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds bytes.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), CopyError> {
        self.file
            .write_all(bytes)
            .map_err(CopyError::file(&self.path))?;
        self.hash.update(bytes);
        self.size += bytes.len() as u64;
        Ok(())
    }

    /// Checks the copy and makes it the log of the folder. `log_id` is the log of the stream, and `first` its first
    /// record. Returns the new path of the old log, if there was one.
    pub fn finish(
        self,
        facts: &CopyFacts,
        log_id: &str,
        first: u64,
    ) -> Result<Option<PathBuf>, CopyError> {
        let failed = CopyError::file(&self.path);
        self.file.sync_all().map_err(failed)?;
        let result = self
            .check(facts, log_id, first)
            .and_then(|()| put_in_place(&self.path, &self.database));
        if result.is_err() {
            let _ = fs::remove_file(&self.path);
        }
        result
    }

    fn check(&self, facts: &CopyFacts, log_id: &str, first: u64) -> Result<(), CopyError> {
        let wrong = |why: String| Err(CopyError::Wrong(why));
        if self.size != facts.size {
            return wrong(format!(
                "it has {} bytes instead of {}",
                self.size, facts.size
            ));
        }
        if self.hash.clone().finalize()[..] != facts.sha256 {
            return wrong("its checksum is wrong".to_owned());
        }
        let failed = CopyError::database(&self.path);
        let conn = schema::open_reader(&self.path).map_err(&failed)?;
        migrations::identify(&conn, &self.path)?;
        let found = openings::log_id(&conn).map_err(&failed)?;
        if found != facts.log_id || found != log_id {
            return wrong(format!(
                "it is of the log {found}, and the stream of the log {log_id}"
            ));
        }
        let applied = replica_rows::read(&conn).map_err(&failed)?;
        if applied != Some(facts.applied) {
            return wrong(format!(
                "it has applied {applied:?}, and should have applied {:?}",
                facts.applied
            ));
        }
        if facts.applied.place + 1 < first {
            return wrong(format!(
                "it has the records up to {}, but the stream begins at {first}",
                facts.applied.place
            ));
        }
        Ok(())
    }
}

/// Replaces the database by a complete file. The old database keeps all it has, under another name.
pub(super) fn put_in_place(path: &Path, database: &Path) -> Result<Option<PathBuf>, CopyError> {
    let aside = aside(database);
    // Then all is in the database itself, and its write-ahead log is deleted.
    if database.exists() {
        let _ = Connection::open(database)
            .and_then(|conn| conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)"));
    }
    // The write-ahead log of one database must never stay beside another one.
    let wal = files::wal_path(database);
    if wal.exists() {
        let moved = files::wal_path(&aside);
        fs::rename(&wal, moved).map_err(CopyError::file(&wal))?;
    }
    let index = files::index_path(database);
    match fs::remove_file(&index) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(CopyError::file(&index)(error));
        }
        _ => {}
    }
    let kept = keep(database, &aside).map_err(CopyError::file(database))?;
    fs::rename(path, database).map_err(CopyError::file(database))?;
    if let Some(folder) = database.parent() {
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(CopyError::file(folder))?;
    }
    if !kept {
        return Ok(None);
    }
    delete_older(&aside);
    Ok(Some(aside))
}

/// Deletes the old databases that were kept before this one. What can't be deleted stays, and does no harm.
fn delete_older(newest: &Path) {
    let name = |path: &Path| path.file_name()?.to_str().map(str::to_owned);
    let (Some(folder), Some(newest)) = (newest.parent(), name(newest)) else {
        return;
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        let is_older =
            name(&path).is_some_and(|name| name.contains(OLD) && !name.starts_with(&newest));
        if is_older {
            match fs::remove_file(&path) {
                Ok(()) => tracing::info!("deleted the older log {}", path.display()),
                Err(error) => tracing::warn!(%error, "{} can't be deleted", path.display()),
            }
        }
    }
}

/// Gives a file a second name, so that it stays when the first one is taken by another file. False: there is no file.
fn keep(database: &Path, aside: &Path) -> io::Result<bool> {
    match fs::hard_link(database, aside) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        // Not all file systems can do that.
        Err(_) => fs::rename(database, aside).map(|()| true),
    }
}

/// Where an old database is kept.
fn aside(database: &Path) -> PathBuf {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = milliseconds(since.unwrap_or_default());
    database.with_extension(format!("{}{now}", &OLD[1..]))
}
