//! The version of the file of a log, to know before an upgrade what the new program will do with it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::log::{error::OpenError, files, migrations, schema};

/// The version of a file, and that of this program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileVersion {
    /// The file.
    pub path: PathBuf,
    /// Bytes of the file.
    pub bytes: u64,
    /// Its version. 0 if it is empty.
    pub found: i64,
    /// The version that this program writes. It migrates files of all earlier versions when it opens them.
    pub known: i64,
}

/// Reads the version of the log in a folder, which a server may use. None if there is no log. Fails if it was written by a
/// newer program or is something else.
pub fn file_version(folder: &Path) -> Result<Option<FileVersion>, OpenError> {
    let path = files::database(folder);
    let bytes = match fs::metadata(&path) {
        Ok(file) => file.len(),
        Err(error) if files::is_absent(&error) => return Ok(None),
        Err(source) => return Err(OpenError::Folder { path, source }),
    };
    let had_wal = files::wal_path(&path).exists();
    let read = || {
        let failed = |source| OpenError::Database {
            path: path.clone(),
            source,
        };
        let conn = schema::open_reader(&path).map_err(failed)?;
        migrations::identify(&conn, &path)?;
        let found = conn.pragma_query_value(None, "user_version", |row| row.get(0));
        found.map_err(failed)
    };
    let found = read();
    if !had_wal {
        files::remove_empty_wal(&path);
    }
    Ok(Some(FileVersion {
        found: found?,
        bytes,
        known: migrations::VERSION,
        path,
    }))
}
