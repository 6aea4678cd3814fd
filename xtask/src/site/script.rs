//! Scripts, bundled from their files and minified. `tidings.js` is the module for pages of other origins.
//!
//! Its name never changes, so it is served under this name and revalidated on each load.

use super::Folders;
use anyhow::{Context, Result, ensure};
use std::{fs, path::Path, process::Command};

/// The file names of the module and its types.
pub const MODULE: &str = "tidings.js";
/// See [`MODULE`].
pub const TYPES: &str = "tidings.d.ts";

/// Bundles the module for browsers of 2022 and newer.
pub fn bundle(folders: &Folders) -> Result<Vec<u8>> {
    let module = folders.root.join("app/js/tidings").join(MODULE);
    let banner =
        format!("--banner:js=// Tidings, Apache-2.0. {TYPES} beside this file describes it.");
    esbuild(folders, &module, &[&banner])
}

/// Bundles the module that starts the pages with the bindings and the loader of parts, which import each other.
pub fn bundle_boot(folders: &Folders, boot: &Path) -> Result<String> {
    let script = esbuild(folders, boot, &["--external:../tidings.js"])?;
    Ok(String::from_utf8(script)?)
}

/// Bundles the script of the API reference.
pub fn bundle_reader(folders: &Folders) -> Result<String> {
    let script = esbuild(folders, &folders.root.join("app/js/reader/reader.js"), &[])?;
    Ok(String::from_utf8(script)?)
}

fn esbuild(folders: &Folders, entry: &Path, flags: &[&str]) -> Result<Vec<u8>> {
    let tool = folders.node_modules.join(".bin/esbuild");
    let output = Command::new(&tool)
        .arg(entry)
        .args(["--bundle", "--minify", "--format=esm", "--target=es2022"])
        .args(["--charset=utf8", "--log-level=warning"])
        .args(flags)
        .output()
        .with_context(|| format!("starting {}: run `make setup`", tool.display()))?;
    ensure!(
        output.status.success() && output.stderr.is_empty(),
        "{} can't be put together:\n{}",
        entry.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(output.stdout)
}

/// The type declarations.
pub fn types(folders: &Folders) -> Result<Vec<u8>> {
    let path = folders.root.join("app/js/tidings").join(TYPES);
    fs::read(&path).with_context(|| format!("reading {}", path.display()))
}
