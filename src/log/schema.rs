//! The file: its tables and versions, and opening it.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use rusqlite::{Connection, OpenFlags, config::DbConfig};

use crate::log::{
    api_key::ApiKey,
    codes::sql,
    damage::DamageRecord,
    error::{OpenError, ReadError, is_damage},
    files, job_rows, key_rows,
    openings::{self, Openings},
    options::{Durability, LogOptions},
    person::StoredPerson,
    person_rows, recalls, replica_rows,
    replication::AppliedRecord,
    session_rows::Sessions,
    token_rows::Revocations,
    told_rows::{Rows, ToldRows},
};
use crate::{
    job::{Job, State},
    message::{Epoch, Seq},
};

/// The newest version of the file that this program supports.
pub(super) const VERSION: i64 = 7;

/// "Tdng". Programs such as `file` recognize the file by it.
const APPLICATION_ID: i64 = 0x5464_6E67;

/// How long to wait for the lock of a folder.
const LOCK_TIMEOUT: Duration = Duration::from_millis(500);

/// The tables of version 1.
const TABLES: &str = include_str!("schema.sql");

/// The additions of version 2.
const JOBS: &str = include_str!("jobs.sql");

/// The additions of version 3.
const OPENINGS: &str = include_str!("openings.sql");

/// The additions of version 4.
const CLUSTER: &str = include_str!("cluster.sql");

/// The additions of version 5.
const TRACES: &str = include_str!("traces.sql");

/// The additions of version 6.
const KEYS: &str = include_str!("keys.sql");
const TOKENS: &str = include_str!("tokens.sql");

/// The additions of version 7.
const AUDIT: &str = include_str!("audit.sql");
const PEOPLE: &str = include_str!("people.sql");

/// An open file and its state.
pub(super) struct Opened {
    pub conn: Connection,
    pub path: PathBuf,
    /// The damage that was found while it was opened.
    pub damage: DamageRecord,
    pub openings: Openings,
    /// The newest position that was ever assigned.
    pub head: Seq,
    /// Messages up to here may be missing.
    pub pruned: Seq,
    /// Messages in the file.
    pub messages: u64,
    /// See [`recalls::newest`].
    pub recalled_at: Seq,
    /// See [`next_expiry`].
    pub next_expiry: u64,
    /// Jobs that have not ended.
    pub running: Vec<Arc<Job>>,
    pub sessions: Sessions,
    pub keys: ToldRows<ApiKey>,
    pub people: ToldRows<StoredPerson>,
    pub revocations: Revocations,
    /// The newest record that was applied. None if the log is not in a cluster.
    pub applied: Option<AppliedRecord>,
}

/// Locks the folder for this process. The system releases the lock when the process ends.
pub(super) fn lock(folder: &Path) -> Result<File, OpenError> {
    let failed = |path: &Path| {
        let path = path.to_path_buf();
        move |source| OpenError::Folder { path, source }
    };
    files::make_folder(folder).map_err(failed(folder))?;
    let path = folder.join(files::LOCK);
    let file = files::open_or_make(&path).map_err(failed(&path))?;
    let began = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            // A process that is ending, or that is forking, keeps the lock for a moment longer.
            Err(TryLockError::WouldBlock) if began.elapsed() < LOCK_TIMEOUT => {
                thread::sleep(LOCK_TIMEOUT / 20);
            }
            Err(TryLockError::WouldBlock) => return Err(OpenError::InUse(folder.to_path_buf())),
            Err(TryLockError::Error(source)) => return Err(failed(&path)(source)),
        }
    }
}

/// Opens the file for the writer. Creates or migrates it first.
pub(super) fn open(options: &LogOptions) -> Result<Opened, OpenError> {
    let path = files::database(&options.folder);
    let failed = |source| OpenError::Database {
        path: path.clone(),
        source,
    };
    // SQLite creates its other files with the permissions of this one.
    files::open_or_make(&path).map_err(|source| OpenError::Folder {
        path: path.clone(),
        source,
    })?;
    let conn = Connection::open(&path).map_err(failed)?;
    conn.busy_timeout(Duration::from_secs(2)).map_err(failed)?;
    identify(&conn, &path)?;
    let damage = DamageRecord::default();
    let version = conn.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0));
    let is_new = version.map_err(failed)? == 0;
    if is_new
        && options
            .replication
            .as_ref()
            .is_some_and(|shared| shared.log_id.is_none())
    {
        return Err(OpenError::StreamUnknown(path));
    }
    prepare(&conn, options).map_err(failed)?;
    let applied = replica_rows::open(&conn, options, &path, &damage)?;
    let openings = match applied {
        Some(_) => openings::read(&conn),
        None => {
            // While commits are still synced: an opening that is lost could be repeated.
            let first = read_state(&conn).map_err(failed)?.0 + 1;
            openings::open(&conn, options.clock.now(), first, &damage)
        }
    };
    let openings = openings.map_err(failed)?;
    if options.durability == Durability::Os || applied.is_some() {
        let relaxed = conn.execute_batch("PRAGMA synchronous = NORMAL");
        relaxed.map_err(failed)?;
    }
    sync_folders(&options.folder)?;
    let state = read_state(&conn).map_err(failed)?;
    // The writer will notice the damage, and retry later.
    let next_expiry = next_expiry(&conn).or_else(|error| match is_damage(&error) {
        true => Ok(0),
        false => Err(failed(error)),
    })?;
    let running = running(&conn).or_else(|error| match error {
        error if error.is_damage() => {
            damage.note(&format!(
                "the jobs that have not ended can't be read: {error}"
            ));
            Ok(Vec::new())
        }
        ReadError::Database(source) => Err(failed(source)),
        _ => Err(OpenError::Foreign(path.clone())),
    })?;
    let recalled_at = recalls::newest(&conn).or_else(|error| match is_damage(&error) {
        true => {
            damage.note(&format!("the table of recalls can't be read: {error}"));
            Ok(0)
        }
        false => Err(failed(error)),
    })?;
    let sessions = Sessions::default();
    // Who was signed in has to sign in again.
    sessions
        .read(&conn)
        .or_else(|error| match is_damage(&error) {
            true => Ok(()),
            false => Err(failed(error)),
        })?;
    // A key that can't be read is refused, and so are all others. The same holds for people.
    let keys = or_none(key_rows::read(&conn), "API keys", &damage).map_err(failed)?;
    let people = or_none(person_rows::read(&conn), "people", &damage).map_err(failed)?;
    let revocations = Revocations::default();
    // Without them, revoked tokens would be valid again.
    revocations.read(&conn).map_err(failed)?;
    Ok(Opened {
        keys,
        people,
        damage,
        openings,
        head: state.0,
        pruned: state.1,
        messages: state.2,
        recalled_at,
        next_expiry,
        running,
        sessions,
        revocations,
        applied,
        conn,
        path,
    })
}

/// The rows that were read. None if they are damaged, which is noted.
fn or_none<T>(
    read: rusqlite::Result<Rows<T>>,
    what: &str,
    damage: &DamageRecord,
) -> rusqlite::Result<ToldRows<T>> {
    match read {
        Err(error) if is_damage(&error) => {
            damage.note(&format!("the {what} can't be read: {error}"));
            Ok(ToldRows::default())
        }
        rows => rows.map(ToldRows::new),
    }
}

/// Makes the names of new files durable, which needs an fsync of their folders.
fn sync_folders(folder: &Path) -> Result<(), OpenError> {
    for folder in [Some(folder), folder.parent()] {
        if let Some(folder) = folder.filter(|folder| !folder.as_os_str().is_empty()) {
            let synced = File::open(folder).and_then(|folder| folder.sync_all());
            synced.map_err(|source| OpenError::Folder {
                path: folder.to_path_buf(),
                source,
            })?;
        }
    }
    Ok(())
}

/// Opens the file for reading.
pub(super) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(Duration::from_secs(2))?;
    conn.set_prepared_statement_cache_capacity(64);
    // Otherwise SQLite compiles a statement again for each new value of a bound LIMIT.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -2000;")?;
    Ok(conn)
}

/// Releases the page cache of a connection. Errors do not matter: the pages are read again when needed.
pub(super) fn release_memory(conn: &Connection) {
    let _ = conn.execute_batch("PRAGMA shrink_memory");
}

/// Refuses files of other programs and of newer versions, before anything is changed.
pub(super) fn identify(conn: &Connection, path: &Path) -> Result<(), OpenError> {
    let read = |pragma: &str| -> rusqlite::Result<i64> {
        conn.pragma_query_value(None, pragma, |row| row.get(0))
    };
    let tables = "SELECT count(*) FROM sqlite_schema";
    let look = || -> rusqlite::Result<_> {
        let count: i64 = conn.query_row(tables, [], |row| row.get(0))?;
        Ok((read("application_id")?, read("user_version")?, count))
    };
    let (application, found, tables) =
        look().map_err(|source| match source.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => OpenError::Foreign(path.to_path_buf()),
            _ => OpenError::Database {
                path: path.to_path_buf(),
                source,
            },
        })?;
    if application != APPLICATION_ID && tables > 0 {
        return Err(OpenError::Foreign(path.to_path_buf()));
    }
    if found > VERSION {
        return Err(OpenError::Newer {
            path: path.to_path_buf(),
            found,
            known: VERSION,
        });
    }
    Ok(())
}

/// Prepares the connection and migrates the file.
pub(super) fn prepare(conn: &Connection, options: &LogOptions) -> rusqlite::Result<()> {
    // auto_vacuum must be set before the first table is created.
    conn.execute_batch("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA synchronous = FULL;")?;
    // If this fails, SQLite sometimes reports no error and keeps the old mode. Other errors appear only when the
    // statement is finished, after its row.
    let mut wal = conn.prepare("PRAGMA journal_mode = WAL")?;
    let modes: Result<Vec<String>, _> = wal.query_map([], |row| row.get(0))?.collect();
    drop(wal);
    if let Some(mode) = modes?.into_iter().find(|mode| mode != "wal") {
        let error = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR);
        let text = format!("no write-ahead log can be created here: the journal mode is {mode:?}");
        return Err(rusqlite::Error::SqliteFailure(error, Some(text)));
    }
    conn.execute_batch(
        "PRAGMA wal_autocheckpoint = 0;
         PRAGMA journal_size_limit = 67108864;
         PRAGMA cache_size = -16000;
         PRAGMA temp_store = MEMORY;",
    )?;
    conn.set_prepared_statement_cache_capacity(64);
    migrate(conn, options)
}

/// Migrates the file from its version to the newest, in one transaction. A new file becomes part of the cluster of the
/// options.
fn migrate(conn: &Connection, options: &LogOptions) -> rusqlite::Result<()> {
    let found: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found == VERSION {
        return Ok(());
    }
    let now = options.clock.now();
    let transaction = conn.unchecked_transaction()?;
    if found < 1 {
        transaction.execute_batch(TABLES)?;
        let shared = options.replication.as_ref();
        let id = shared.and_then(|replication| replication.log_id.clone());
        transaction.execute(
            "INSERT INTO log (id, epoch, made_at, turned_at) VALUES (1, ?1, ?2, ?2)",
            (
                id.unwrap_or_else(|| Epoch::random().as_str().to_owned()),
                sql(now),
            ),
        )?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    if found < 2 {
        transaction.execute_batch(JOBS)?;
    }
    if found < 3 {
        transaction.execute_batch(OPENINGS)?;
        if found > 0 {
            let older = "INSERT INTO openings (ordinal, random, first) VALUES (0, '', 1)";
            transaction.execute(older, [])?;
        }
    }
    if found < 4 {
        transaction.execute_batch(CLUSTER)?;
    }
    if found < 5 {
        transaction.execute_batch(TRACES)?;
    }
    if found < 6 {
        transaction.execute_batch(KEYS)?;
        transaction.execute_batch(TOKENS)?;
    }
    if found < 7 {
        transaction.execute_batch(AUDIT)?;
        transaction.execute_batch(PEOPLE)?;
    }
    if found < 1 && options.replication.is_some() {
        replica_rows::begin(&transaction)?;
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}

/// The head, the position up to which messages may be missing, and the number of messages.
pub(super) fn read_state(conn: &Connection) -> rusqlite::Result<(Seq, Seq, u64)> {
    // Counts only messages after the last count, so a large log opens as fast as a small one.
    conn.query_row(
        "SELECT max(floor, pruned, counted_to, coalesce((SELECT max(seq) FROM messages), 0)), pruned,
                counted + (SELECT count(*) FROM messages WHERE seq > counted_to)
         FROM log",
        [],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )
}

/// The time when the next message expires, in milliseconds since 1970. `u64::MAX` if none does.
pub(super) fn next_expiry(conn: &Connection) -> rusqlite::Result<u64> {
    let find = "SELECT min(expires_at) FROM messages WHERE ended = 0 AND expires_at IS NOT NULL";
    let next = conn
        .prepare_cached(find)?
        .query_row([], |row| row.get::<_, Option<u64>>(0))?;
    Ok(next.unwrap_or(u64::MAX))
}

/// The jobs that have not ended, oldest first.
fn running(conn: &Connection) -> Result<Vec<Arc<Job>>, ReadError> {
    let find = format!(
        "SELECT {} FROM jobs WHERE state = ?1 ORDER BY number",
        job_rows::COLUMNS
    );
    let mut find = conn.prepare_cached(&find)?;
    let mut rows = find.query([job_rows::code(&State::ALL, &State::Running)])?;
    let mut jobs = Vec::new();
    while let Some(row) = rows.next()? {
        jobs.push(Arc::new(job_rows::job(row)?));
    }
    Ok(jobs)
}
