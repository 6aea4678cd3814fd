//! `tidings.js`: the module for pages of other origins, bundled from its files and minified.
//!
//! Its name never changes, so it is served under this name and revalidated on each load.

use super::Folders;
use anyhow::{Context, Result, ensure};
use std::{fs, process::Command};

/// The file names of the module and its types.
pub const MODULE: &str = "tidings.js";
/// See [`MODULE`].
pub const TYPES: &str = "tidings.d.ts";

/// Bundles the module for browsers of 2022 and newer.
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

/// The type declarations.
pub fn types(folders: &Folders) -> Result<Vec<u8>> {
    let path = folders.root.join("app/js/tidings").join(TYPES);
    fs::read(&path).with_context(|| format!("reading {}", path.display()))
}
