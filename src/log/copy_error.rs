//! Why there is no copy of a log.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::log::error::OpenError;

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// A file can't be read or written.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// SQLite can't read or copy the log.
    #[error("{path}: {source}", path = path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// The error of SQLite.
        source: rusqlite::Error,
    },
    /// What has arrived is not what was sent, or is of no use here.
    #[error("the copy is not usable: {0}")]
    Wrong(String),
    /// The folder can't be used.
    #[error(transparent)]
    Folder(#[from] OpenError),
}

impl CopyError {
    /// Whether there was no space for the copy.
    pub fn is_full(&self) -> bool {
        match self {
            Self::File { source, .. } => source.kind() == io::ErrorKind::StorageFull,
            Self::Database { source, .. } => {
                source.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull)
            }
            _ => false,
        }
    }

    pub(super) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::File { path, source }
    }

    pub(super) fn database(path: &Path) -> impl Fn(rusqlite::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Database {
            path: path.clone(),
            source,
        }
    }
}
