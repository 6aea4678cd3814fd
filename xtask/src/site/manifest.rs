//! Maps names to files, and detects whether the site is up to date.

use super::{book::Size, compress::Sizes};
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, fs, path::Path};

/// The content of `manifest.json`.
#[derive(Serialize, Deserialize)]
pub struct Manifest {
    /// The fingerprint of all sources.
    inputs: String,
    /// The files, by the name that the code uses.
    pub files: BTreeMap<String, Entry>,
    /// The size of the documentation.
    pub book: Size,
}

/// A file that pages link to.
#[derive(Serialize, Deserialize)]
pub struct Entry {
    /// Its path in the site, with a hash of its content in the name.
    pub path: String,
    /// Its sizes.
    pub sizes: Sizes,
}

impl Manifest {
    pub fn new(inputs: String) -> Self {
        Self {
            inputs,
            files: BTreeMap::new(),
            book: Size::default(),
        }
    }

    pub fn add(&mut self, name: &str, path: String, sizes: Sizes) {
        self.files.insert(name.to_owned(), Entry { path, sizes });
    }

    /// The manifest of a complete site that was built from these inputs.
    pub fn current(site: &Path, inputs: &str) -> Option<Self> {
        let text = fs::read_to_string(site.join("manifest.json")).ok()?;
        let manifest: Self = serde_json::from_str(&text).ok()?;
        let whole = manifest
            .files
            .values()
            .all(|entry| site.join(&entry.path).is_file());
        (whole && manifest.inputs == inputs).then_some(manifest)
    }

    pub fn write(&self, site: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)?;
        fs::write(site.join("manifest.json"), text).context("writing the manifest")
    }
}

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
