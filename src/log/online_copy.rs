//! A copy of the log for somebody who asks the running server for it.

use std::{fs::File, io::Seek};

use crate::log::{
    Log,
    backup::copy_database,
    copy::CopyError,
    copy_files::{outgoing, remove},
    files,
};

/// A copy in a file without a name, which is deleted when it is closed.
#[derive(Debug)]
pub struct OnlineCopy {
    /// The file, at its beginning.
    pub file: File,
    /// Bytes of the file.
    pub size: u64,
}

impl Log {
    /// Makes a copy beside the log. It takes long and blocks, but does not hold up the writer of the log.
    pub fn copy(&self) -> Result<OnlineCopy, CopyError> {
        let database = &self.shared.path;
        let path = outgoing(database);
        remove(&path);
        let open = || {
            // SQLite writes to an empty file, and would give a new one other permissions.
            files::open_or_make(&path)?;
            File::open(&path)
        };
        let file = open().map_err(CopyError::file(&path))?;
        let copied = copy_database(database, &path, &mut |_, _| {});
        remove(&path);
        copied?;
        let mut file = file;
        let sized = file.rewind().and_then(|()| file.metadata());
        let size = sized.map_err(CopyError::file(&path))?.len();
        Ok(OnlineCopy { file, size })
    }
}
