//! The files of copies of the log: their names, and deleting what is left of them.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use crate::log::{copy_error::CopyError, files};

/// The name of copies that are sent, without the number of each.
const SENT: &str = "tidings.sqlite3.sent-";

/// Lets `fill` write a copy of a database to an empty file beside it. Returns the file, for reading, and what `fill` returns.
/// The file has no name any more: the system deletes it when it is closed.
pub(super) fn outgoing<T>(
    database: &Path,
    fill: impl FnOnce(&Path) -> Result<T, CopyError>,
) -> Result<(File, T), CopyError> {
    static COPIES: AtomicU64 = AtomicU64::new(0);
    // Each has its own, because another one may be made at the same time.
    let number = COPIES.fetch_add(1, Ordering::Relaxed);
    let path = database.with_file_name(format!("{SENT}{number}"));
    remove(&path);
    let filled = || {
        // SQLite writes to an empty file, and would give a new one other permissions.
        files::open_or_make(&path).map_err(CopyError::file(&path))?;
        let result = fill(&path)?;
        let file = File::open(&path).map_err(CopyError::file(&path))?;
        Ok((file, result))
    };
    let filled = filled();
    remove(&path);
    filled
}

/// The path of a copy that is received, to become this database.
pub(super) fn incoming(database: &Path) -> PathBuf {
    database.with_extension("sqlite3.received")
}

/// Deletes what earlier processes have left of copies. The folder must be locked.
pub(super) fn remove_leftovers(folder: &Path) {
    remove(&incoming(&files::database(folder)));
    let names = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in names {
        if entry
            .file_name()
            .as_encoded_bytes()
            .starts_with(SENT.as_bytes())
        {
            remove(&entry.path());
        }
    }
}

/// Deletes a copy, if it is there.
pub(super) fn remove(path: &Path) {
    let mut journal = path.as_os_str().to_owned();
    journal.push("-journal");
    for path in [path, Path::new(&journal)] {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!("{}: {error}", path.display());
            }
            _ => {}
        }
    }
}
