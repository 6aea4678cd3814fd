//! Opens the file, and reads what is kept in memory.

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
    damage::DamageRecord,
    error::{OpenError, ReadError, is_damage},
    files, handling_rows,
    hook::StoredHook,
    hook_rows, job_rows,
    kept_size::KeptSize,
    key_rows,
    migrations::{identify, migrate},
    openings::{self, Openings},
    options::{Durability, LogOptions},
    person::StoredPerson,
    person_rows, recalls, replica_rows,
    replication::AppliedRecord,
    schedule_rows::WaitingSchedules,
    session_rows::Sessions,
    state_rows,
    token_rows::Revocations,
    told_rows::ToldRows,
};
use crate::{
    job::{Job, State},
    message::Seq,
};

/// How long to wait for the lock of a folder.
const LOCK_TIMEOUT: Duration = Duration::from_millis(500);

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
    pub hooks: ToldRows<StoredHook>,
    pub people: ToldRows<StoredPerson>,
    pub revocations: Revocations,
    pub schedules: WaitingSchedules,
    pub scheduled: KeptSize,
    pub states: KeptSize,
    /// Whether a topic may have a state.
    pub has_states: bool,
    /// Whether there may be urgent messages to clients.
    pub has_urgent: bool,
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
    let recalled_at = or_nothing(recalls::newest(&conn), "table of recalls", &damage);
    let recalled_at = recalled_at.map_err(failed)?;
    let sessions = Sessions::default();
    // Who was signed in has to sign in again.
    or_nothing(sessions.read(&conn), "sessions", &damage).map_err(failed)?;
    // A key that can't be read is refused, and so are all others. The same holds for people.
    let keys = key_rows::read(&conn).map(ToldRows::new);
    let keys = or_nothing(keys, "API keys", &damage).map_err(failed)?;
    let people = person_rows::read(&conn).map(ToldRows::new);
    let people = or_nothing(people, "people", &damage).map_err(failed)?;
    let hooks = hook_rows::read(&conn).map(ToldRows::new);
    let hooks = or_nothing(hooks, "webhooks", &damage).map_err(failed)?;
    let revocations = Revocations::default();
    // Without them, revoked tokens would be valid again.
    revocations.read(&conn).map_err(failed)?;
    // What can't be read now is not sent now.
    let (schedules, scheduled) =
        WaitingSchedules::read(&conn).or_else(|error| match is_damage(&error) {
            true => {
                damage.note(&format!("the scheduled messages can't be read: {error}"));
                Ok((WaitingSchedules::unknown(), KeptSize::default()))
            }
            false => Err(failed(error)),
        })?;
    // They are looked for if that is not known.
    let unless_known = |found: rusqlite::Result<bool>| {
        found.or_else(|error| match is_damage(&error) {
            true => Ok(true),
            false => Err(failed(error)),
        })
    };
    let states =
        or_nothing(state_rows::size(&conn), "states of topics", &damage).map_err(failed)?;
    let has_states = unless_known(state_rows::any(&conn))?;
    let has_urgent = unless_known(handling_rows::any_urgent(&conn))?;
    Ok(Opened {
        schedules,
        scheduled,
        states,
        has_states,
        has_urgent,
        keys,
        hooks,
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

/// What was read. Nothing if it is damaged, which is noted.
fn or_nothing<T: Default>(
    read: rusqlite::Result<T>,
    what: &str,
    damage: &DamageRecord,
) -> rusqlite::Result<T> {
    read.or_else(|error| match is_damage(&error) {
        true => {
            damage.note(&format!("the {what} can't be read: {error}"));
            Ok(T::default())
        }
        false => Err(error),
    })
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
         PRAGMA cache_size = -4000;
         PRAGMA temp_store = MEMORY;",
    )?;
    conn.set_prepared_statement_cache_capacity(64);
    migrate(conn, options)
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
