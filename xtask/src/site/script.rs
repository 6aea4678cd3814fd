//! `tidings.js`: the module for other people's pages, out of its parts and without what only people read.
//!
//! It has one name for good, so it is served as it is called, and asked for again each time.

use super::Folders;
use anyhow::{Context, Result, ensure};
use std::{fs, process::Command};

/// The names under which other people's pages ask for the module and its types.
pub const MODULE: &str = "tidings.js";
/// See [`MODULE`].
pub const TYPES: &str = "tidings.d.ts";

/// Puts the module together. Browsers of 2022 have all that it uses.
pub fn bundle(folders: &Folders) -> Result<Vec<u8>> {
    let tool = folders.node_modules.join(".bin/esbuild");
    let output = Command::new(&tool)
        .current_dir(&folders.root)
        .arg(format!("app/js/tidings/{MODULE}"))
        .args(["--bundle", "--minify", "--format=esm", "--target=es2022"])
        .args(["--charset=utf8", "--log-level=warning"])
        .arg(format!(
            "--banner:js=// Tidings, Apache-2.0. {TYPES} beside this file describes it."
        ))
        .output()
        .with_context(|| format!("starting {}: run `make setup`", tool.display()))?;
    ensure!(
        output.status.success() && output.stderr.is_empty(),
        "{MODULE} can't be put together:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(output.stdout)
}

/// What its types are.
pub fn types(folders: &Folders) -> Result<Vec<u8>> {
    let path = folders.root.join("app/js/tidings").join(TYPES);
    fs::read(&path).with_context(|| format!("reading {}", path.display()))
}
