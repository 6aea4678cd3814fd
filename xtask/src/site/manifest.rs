//! Which name stands for which file, and whether the site is still what its sources say.

use super::compress::Sizes;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, fs, path::Path};

/// What `manifest.json` says.
#[derive(Serialize, Deserialize)]
pub struct Manifest {
    /// The fingerprint of all that went in.
    inputs: String,
    /// By the name that the code uses.
    pub files: BTreeMap<String, Entry>,
}

/// One file that pages link to.
#[derive(Serialize, Deserialize)]
pub struct Entry {
    /// Where it is in the site; its name holds a hash of its content.
    pub path: String,
    /// What it weighs.
    pub sizes: Sizes,
}

impl Manifest {
    pub fn new(inputs: String) -> Self {
        Self {
            inputs,
            files: BTreeMap::new(),
        }
    }

    pub fn add(&mut self, name: &str, path: String, sizes: Sizes) {
        self.files.insert(name.to_owned(), Entry { path, sizes });
    }

    /// The manifest of a site that is whole and made from these very inputs.
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

/// A hash over parts, where the border between two parts counts.
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

/// Enough of the hash of a content to name it by: 64 bits.
pub fn short_hash(bytes: &[u8]) -> String {
    let mut hash = format!("{:x}", Sha256::digest(bytes));
    hash.truncate(16);
    hash
}
