//! The sizes of the site, and their limits.

use super::{manifest::Manifest, script};
use anyhow::{Result, ensure};

/// The maximum size of the compiled pages in bytes with brotli. A slow phone loads this in about a second.
const LIMIT: usize = 385_000;
/// The maximum size of `tidings.js` in bytes with brotli.
const MODULE_LIMIT: usize = 4_096;
/// The maximum size of the documentation in the binary, in bytes.
const BOOK_LIMIT: usize = 300_000;

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
    let book = manifest.book;
    println!(
        "documentation: {} pages, {} bytes with gzip",
        book.pages, book.bytes
    );
}

/// Fails if the pages, `tidings.js` or the documentation are too large.
pub fn check(manifest: &Manifest) -> Result<()> {
    at_most(manifest, "app_bg.wasm", LIMIT)?;
    at_most(manifest, script::MODULE, MODULE_LIMIT)?;
    let bytes = manifest.book.bytes;
    ensure!(
        bytes <= BOOK_LIMIT,
        "the documentation has {bytes} bytes, {} more than the limit",
        bytes - BOOK_LIMIT
    );
    Ok(())
}

fn at_most(manifest: &Manifest, name: &str, limit: usize) -> Result<()> {
    let entry = manifest.files.get(name);
    let weight = entry.map_or(0, |entry| entry.sizes.brotli);
    ensure!(weight > 0, "{name} is missing");
    ensure!(
        weight <= limit,
        "{name} has {weight} bytes with brotli, {} more than the limit",
        weight - limit
    );
    Ok(())
}
