//! Maps names to files, and says for which sources the site was built.

use super::{book::Size, compress::Sizes};
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fs, path::Path};

/// The content of `manifest.json`.
#[derive(Serialize, Deserialize)]
pub struct Manifest {
    /// The fingerprint of all sources.
    inputs: String,
    /// The files, by the name that the code uses.
    pub files: BTreeMap<String, Entry>,
    /// The wasm files that each part of the pages needs, besides the main one.
    pub parts: BTreeMap<String, Vec<String>>,
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
            parts: BTreeMap::new(),
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
