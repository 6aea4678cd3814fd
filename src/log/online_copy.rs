//! A copy of the log for somebody who asks the running server for it.

use std::fs::File;

use crate::log::{Log, backup::copy_database, copy_error::CopyError, copy_files::outgoing};

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
        let (file, size) = outgoing(database, |path| {
            copy_database(database, path, &mut |_, _| {})?;
            let copy = path.metadata().map_err(CopyError::file(path))?;
            Ok(copy.len())
        })?;
        Ok(OnlineCopy { file, size })
    }
}
