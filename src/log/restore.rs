//! Restoring a backup of the log, while no server uses the folder.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use crate::log::{
    backup::{Progress, copy_database},
    check::{CheckReport, check_file},
    copy_error::CopyError,
    copy_files::{incoming, remove, remove_leftovers},
    error::OpenError,
    files,
    incoming::{exists, put_in_place},
    schema,
};

/// What to do with what is in the way of a restore.
#[derive(Clone, Copy, Debug, Default)]
pub struct RestoreOptions {
    /// Replace the log that is in the folder. It is kept under another name.
    pub replace: bool,
    /// Restore a backup that is damaged.
    pub damaged: bool,
}

/// A log that was restored.
#[derive(Debug)]
pub struct Restored {
    /// What is in the log.
    pub report: CheckReport,
    /// The path of the log that was there before.
    pub kept: Option<PathBuf>,
}

/// Why a backup was not restored. The folder is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// There is a log in the folder.
    #[error(
        "{0} exists: with --replace, the backup takes its place, and it is kept under another name"
    )]
    Exists(PathBuf),
    /// The backup is damaged.
    #[error("{path} is damaged: {why}; with --accept-damage, what can be read is restored")]
    Damaged {
        /// The backup.
        path: PathBuf,
        /// The damage.
        why: String,
    },
    /// The backup is the log of the folder itself.
    #[error("{0} is the log of this folder")]
    Same(PathBuf),
    /// The backup can't be read, or the log can't be written.
    #[error(transparent)]
    Copy(#[from] CopyError),
}

impl From<OpenError> for RestoreError {
    fn from(error: OpenError) -> Self {
        Self::Copy(error.into())
    }
}

/// Makes a backup the log of a folder. Fails if a server uses the folder, or if the file is something else. A process
/// that is killed at any time leaves either the old log or the complete new one.
///
/// The next server that opens the log gives new messages an epoch of their own. So a client that has read messages which
/// are not in the backup is told that they were rolled back.
pub fn restore(
    from: &Path,
    folder: &Path,
    options: RestoreOptions,
    progress: Progress<'_>,
) -> Result<Restored, RestoreError> {
    fs::metadata(from).map_err(CopyError::file(from))?;
    let (new, database) = (!folder.exists(), files::database(folder));
    let lock = schema::lock(folder)?;
    let restored = take(from, folder, &database, options, progress);
    drop(lock);
    if new && restored.is_err() {
        let _ = fs::remove_file(folder.join(files::LOCK));
        let _ = fs::remove_dir(folder);
    }
    restored
}

fn take(
    from: &Path,
    folder: &Path,
    database: &Path,
    options: RestoreOptions,
    progress: Progress<'_>,
) -> Result<Restored, RestoreError> {
    if exists(folder) {
        let same = |path: &Path| fs::canonicalize(path).ok();
        if same(from) == same(database) {
            return Err(RestoreError::Same(from.to_path_buf()));
        }
        if !options.replace {
            return Err(RestoreError::Exists(database.to_path_buf()));
        }
    }
    remove_leftovers(folder);
    let path = incoming(database);
    let copied = copy_and_check(from, &path, options, progress);
    let report = copied.inspect_err(|_| remove(&path))?;
    let kept = put_in_place(&path, database).inspect_err(|_| remove(&path))?;
    Ok(Restored {
        report: CheckReport {
            path: database.to_path_buf(),
            ..report
        },
        kept,
    })
}

fn copy_and_check(
    from: &Path,
    to: &Path,
    options: RestoreOptions,
    progress: Progress<'_>,
) -> Result<CheckReport, RestoreError> {
    let made: Result<File, _> = files::open_or_make(to);
    made.map_err(CopyError::file(to))?;
    copy_database(from, to, progress)?;
    let report = check_file(to)?;
    match report.damage() {
        Some(why) if !options.damaged => Err(RestoreError::Damaged {
            path: from.to_path_buf(),
            why,
        }),
        _ => Ok(report),
    }
}
