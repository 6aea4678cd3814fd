//! Backups of the log: a consistent copy of all it has, in one file, made while a server uses the log or not.
//!
//! A copy is made by the backup API of SQLite in one read transaction. The writer of the log goes on meanwhile. Only the
//! write-ahead log can't be shortened before the end.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{
    Connection,
    backup::{Backup, StepResult},
};

use crate::log::{
    check::{CheckReport, check_file},
    copy_error::CopyError,
    error::OpenError,
    files, migrations, schema,
};

/// Pages that are copied at once: 4 MiB.
const STEP: i32 = 1024;

/// The wait after which a copy is tried again while another program holds a lock of SQLite.
const BUSY_WAIT: Duration = Duration::from_millis(20);

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file exists already.
    #[error("{0} exists: name a new file, because a backup never overwrites one")]
    Exists(PathBuf),
    /// Another process writes a backup to the same file.
    #[error("{0} is being written by another backup")]
    Running(PathBuf),
    /// The log can't be read, or the backup can't be written.
    #[error(transparent)]
    Copy(#[from] CopyError),
}

impl From<OpenError> for BackupError {
    fn from(error: OpenError) -> Self {
        Self::Copy(error.into())
    }
}

/// Progress of a copy, as (pages done, all pages).
pub type Progress<'a> = &'a mut dyn FnMut(u64, u64);

/// Writes a backup of the log in a folder to a new file, and checks it. The file appears under its name only when it is
/// complete and on the disk. The report says what is damaged in the backup, which is what is damaged in the log.
pub fn backup(
    folder: &Path,
    to: &Path,
    progress: Progress<'_>,
) -> Result<CheckReport, BackupError> {
    if fs::symlink_metadata(to).is_ok() {
        return Err(BackupError::Exists(to.to_path_buf()));
    }
    let part = Part::open(to)?;
    copy_log(folder, &part.path, progress)?;
    let report = check_file(&part.path)?;
    part.publish(to)?;
    Ok(CheckReport {
        path: to.to_path_buf(),
        ..report
    })
}

/// Copies the log in a folder to an empty file.
pub(super) fn copy_log(folder: &Path, to: &Path, progress: Progress<'_>) -> Result<(), CopyError> {
    let database = files::database(folder);
    fs::metadata(&database).map_err(CopyError::file(&database))?;
    let had_wal = files::wal_path(&database).exists();
    let copied = copy_database(&database, to, progress);
    if !had_wal {
        files::remove_empty_wal(&database);
    }
    copied
}

/// Copies a database to an empty file, which then needs no other file beside it.
pub(super) fn copy_database(
    from: &Path,
    to: &Path,
    progress: Progress<'_>,
) -> Result<(), CopyError> {
    let source = schema::open_reader(from).map_err(CopyError::database(from))?;
    migrations::identify(&source, from)?;
    let version = source.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0));
    // An empty file becomes a new log when it is opened, but is no backup of one.
    if version.map_err(CopyError::database(from))? == 0 {
        return Err(OpenError::Foreign(from.to_path_buf()).into());
    }
    copy_pages(&source, to, progress).map_err(CopyError::database(from))?;
    File::open(to)
        .and_then(|file| file.sync_all())
        .map_err(CopyError::file(to))
}

fn copy_pages(source: &Connection, to: &Path, progress: Progress<'_>) -> rusqlite::Result<()> {
    let mut target = Connection::open(to)?;
    // An incomplete copy is deleted, and a complete one is synced at the end.
    target.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")?;
    // Without it, the copy would start again each time that the server commits.
    let reading = source.unchecked_transaction()?;
    reading.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    let copying = Backup::new(source, &mut target)?;
    loop {
        let step = copying.step(STEP)?;
        let done = copying.progress();
        let all = u64::try_from(done.pagecount).unwrap_or_default();
        progress(all - u64::try_from(done.remaining).unwrap_or_default(), all);
        match step {
            StepResult::Done => break,
            StepResult::Busy | StepResult::Locked => std::thread::sleep(BUSY_WAIT),
            _ => {}
        }
    }
    drop(copying);
    drop(reading);
    // Else SQLite could read the copy only with two more files.
    target.execute_batch("PRAGMA journal_mode = DELETE")
}

/// A file that becomes a backup. It is deleted if it does not.
struct Part {
    path: PathBuf,
    /// Locked, so that two backups do not write the same file.
    _file: File,
}

impl Part {
    fn open(to: &Path) -> Result<Self, BackupError> {
        let mut name = to.as_os_str().to_owned();
        name.push(".part");
        let path = PathBuf::from(name);
        let failed = CopyError::file(&path);
        let file = files::open_or_make(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(BackupError::Running(to.to_path_buf()));
            }
            Err(TryLockError::Error(error)) => return Err(CopyError::file(&path)(error).into()),
        }
        // What a backup has left that was killed.
        file.set_len(0).map_err(CopyError::file(&path))?;
        Ok(Self { path, _file: file })
    }

    /// Gives the file its name. A link fails if the name is taken, which a rename would not.
    fn publish(self, to: &Path) -> Result<(), BackupError> {
        let named = fs::hard_link(&self.path, to).or_else(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Err(error),
            // Not all file systems have links.
            _ => fs::rename(&self.path, to),
        });
        named.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => BackupError::Exists(to.to_path_buf()),
            _ => CopyError::file(to)(error).into(),
        })?;
        let folder = match to.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        Ok(synced.map_err(CopyError::file(folder))?)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}
