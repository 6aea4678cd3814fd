//! Where the lines go.

use std::{
    fs::OpenOptions,
    io::{self, Write},
    path::PathBuf,
};

/// See the module documentation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Standard output.
    Stdout,
    /// The end of a file.
    File(PathBuf),
}

impl Target {
    /// Opens it. A file is created if it does not exist.
    pub(super) fn open(&self) -> io::Result<Box<dyn Write + Send>> {
        Ok(match self {
            Self::Stdout => Box::new(io::stdout()),
            Self::File(path) => Box::new(OpenOptions::new().append(true).create(true).open(path)?),
        })
    }
}
