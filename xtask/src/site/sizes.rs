//! What the site weighs, and how much the pages may.

use super::manifest::Manifest;
use anyhow::{Result, ensure};

/// The most that the compiled pages may weigh, in bytes of brotli: the whole UI on a slow phone in
/// about a second.
const LIMIT: usize = 300_000;

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

/// Fails when the pages weigh more than they may.
pub fn check(manifest: &Manifest) -> Result<()> {
    let wasm = manifest
        .files
        .get("app_bg.wasm")
        .map_or(0, |entry| entry.sizes.brotli);
    ensure!(wasm > 0, "the pages are missing");
    ensure!(
        wasm <= LIMIT,
        "the pages weigh {wasm} bytes in brotli, {} more than they may",
        wasm - LIMIT
    );
    Ok(())
}
