//! Hashes: of all sources, to detect whether the site is up to date, and of a file, for its name.

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::{fs, path::Path};

/// A hash over several parts. It depends on the borders between the parts.
pub struct Fingerprint(Sha256);

impl Fingerprint {
    pub fn new() -> Self {
        Self(Sha256::new())
    }

    pub fn part(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    pub fn file(&mut self, path: &Path) -> Result<()> {
        let bytes = fs::read(path)
            .with_context(|| format!("reading {}: run `make setup`", path.display()))?;
        self.part(&bytes);
        Ok(())
    }

    /// All files of a folder and of those in it.
    pub fn folder(&mut self, path: &Path) -> Result<()> {
        let entries = fs::read_dir(path).with_context(|| format!("reading {}", path.display()))?;
        let paths = entries.map(|entry| Ok(entry?.path()));
        let mut paths = paths.collect::<Result<Vec<_>>>()?;
        paths.sort();
        for path in paths {
            match path.is_dir() {
                true => self.folder(&path)?,
                false => self.file(&path)?,
            }
        }
        Ok(())
    }

    pub fn finish(self) -> String {
        format!("{:x}", self.0.finalize())
    }
}

/// The first 64 bits of the hash of a content, for its name.
pub fn short_hash(bytes: &[u8]) -> String {
    let mut hash = format!("{:x}", Sha256::digest(bytes));
    hash.truncate(16);
    hash
}
