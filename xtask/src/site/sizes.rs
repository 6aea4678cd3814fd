//! What the site weighs, and how much the pages may.

use super::{manifest::Manifest, script};
use anyhow::{Result, ensure};

/// The most that the compiled pages may weigh, in bytes of brotli: the whole UI on a slow phone in
/// about a second.
const LIMIT: usize = 300_000;
/// The most that the module for other people's pages may weigh, in bytes of brotli.
const MODULE_LIMIT: usize = 4_096;

/// Prints a table of the files with their sizes.
pub fn print(manifest: &Manifest) {
    println!(
        "{:<16} {:>11} {:>11} {:>11}",
        "bytes", "raw", "gzip", "brotli"
    );
    for (name, entry) in &manifest.files {
        let sizes = entry.sizes;
        println!(
            "{name:<16} {:>11} {:>11} {:>11}",
            sizes.raw, sizes.gzip, sizes.brotli
        );
    }
}

/// Fails when the pages, or the module for those of other people, weigh more than they may.
pub fn check(manifest: &Manifest) -> Result<()> {
    at_most(manifest, "app_bg.wasm", LIMIT)?;
    at_most(manifest, script::MODULE, MODULE_LIMIT)
}

fn at_most(manifest: &Manifest, name: &str, limit: usize) -> Result<()> {
    let entry = manifest.files.get(name);
    let weight = entry.map_or(0, |entry| entry.sizes.brotli);
    ensure!(weight > 0, "{name} is missing");
    ensure!(
        weight <= limit,
        "{name} weighs {weight} bytes in brotli, {} more than it may",
        weight - limit
    );
    Ok(())
}
