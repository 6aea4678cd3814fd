//! Copies of the log for other nodes: a consistent copy of the file, as of one moment.

use std::{
    fs::File,
    io::{self, Read},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OpenFlags};
use sha2::{Digest as _, Sha256};

use crate::log::{
    copy_error::CopyError, copy_files::outgoing, openings, replica_rows,
    replication::AppliedRecord, sample_rows,
};

/// Bytes that are read at once to compute the checksum.
const BLOCK: usize = 1 << 20;

/// What a copy is, to check it where it arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyFacts {
    /// Bytes of the file.
    pub size: u64,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    /// The permanent id of the log.
    pub log_id: String,
    /// The newest record of the stream that the copy has applied.
    pub applied: AppliedRecord,
}

/// Where a copy can be made of.
#[derive(Clone, Debug)]
pub struct CopySource {
    path: PathBuf,
}

/// A copy in a file without a name, which is deleted when this is dropped.
#[derive(Debug)]
pub struct OutgoingCopy {
    /// What it is.
    pub facts: CopyFacts,
    file: File,
}

impl CopySource {
    /// The log in this file.
    pub(super) fn of(path: PathBuf) -> Self {
        Self { path }
    }

    /// Makes a copy beside the log. It takes long and blocks, but does not hold up the writer of the log.
    pub fn copy(&self) -> Result<OutgoingCopy, CopyError> {
        let (file, facts) = outgoing(&self.path, |path| {
            self.copy_to(path)
                .and_then(|()| leave_out_own(path))
                .map_err(CopyError::database(&self.path))?;
            facts(path)
        })?;
        Ok(OutgoingCopy { facts, file })
    }

    /// One transaction reads all, so the copy is consistent. A damaged page makes it fail.
    fn copy_to(&self, path: &Path) -> rusqlite::Result<()> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(&self.path, flags)?;
        conn.busy_timeout(std::time::Duration::from_secs(2))?;
        // The copy is of no use after a power failure.
        conn.execute_batch("PRAGMA synchronous = OFF")?;
        conn.execute("VACUUM INTO ?1", [path.to_string_lossy()])?;
        Ok(())
    }
}

/// Removes from a copy what is of the node that makes it: the node that gets it has its own.
fn leave_out_own(path: &Path) -> rusqlite::Result<()> {
    let conn = Connection::open(path)?;
    // The copy is one file, and of no use after a power failure.
    conn.execute_batch("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF")?;
    sample_rows::leave_out(&conn)
}

impl OutgoingCopy {
    /// The bytes from `offset` on, `limit` at most. Empty at the end.
    pub fn read(&self, offset: u64, limit: usize) -> io::Result<Vec<u8>> {
        let left = self.facts.size.saturating_sub(offset);
        let length = usize::try_from(left).map_or(limit, |left| left.min(limit));
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, offset)?;
        Ok(bytes)
    }
}

fn facts(path: &Path) -> Result<CopyFacts, CopyError> {
    let failed = CopyError::database(path);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(&failed)?;
    let applied = replica_rows::read(&conn).map_err(&failed)?;
    let log_id = openings::log_id(&conn).map_err(&failed)?;
    let (size, sha256) = digest(path).map_err(CopyError::file(path))?;
    Ok(CopyFacts {
        size,
        sha256,
        log_id,
        applied: applied
            .ok_or_else(|| CopyError::Wrong("the log belongs to no cluster".to_owned()))?,
    })
}

fn digest(path: &Path) -> io::Result<(u64, [u8; 32])> {
    let mut file = File::open(path)?;
    let (mut hash, mut size) = (Sha256::new(), 0);
    let mut block = vec![0; BLOCK];
    loop {
        match file.read(&mut block)? {
            0 => return Ok((size, hash.finalize().into())),
            length => {
                hash.update(&block[..length]);
                size += length as u64;
            }
        }
    }
}
