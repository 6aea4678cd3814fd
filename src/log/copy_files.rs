//! The files of copies of the log: their names, and deleting what is left of them.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use crate::log::files;

/// The name of copies that are sent, without the number of each.
const SENT: &str = "tidings.sqlite3.sent-";

/// The path of a new copy of a database. Each has its own, because an earlier one may still be read.
pub(super) fn outgoing(database: &Path) -> PathBuf {
    static COPIES: AtomicU64 = AtomicU64::new(0);
    let number = COPIES.fetch_add(1, Ordering::Relaxed);
    database.with_file_name(format!("{SENT}{number}"))
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
