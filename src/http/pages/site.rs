//! Where the files of the site are.
//!
//! The program embeds them, not this library: so the library can be compiled while the site is built.

use rust_embed::{DynRustEmbed, EmbeddedFile};
use std::{borrow::Cow, sync::OnceLock};

/// The files of the site, by their paths.
pub type Site = dyn DynRustEmbed + Send + Sync;

static EMBEDDED: OnceLock<&Site> = OnceLock::new();

/// Sets the files that the program has embedded. Call it once, before the server starts: further calls change nothing.
pub fn embed(files: &'static Site) {
    let _ = EMBEDDED.set(files);
}

/// A file of the site.
pub(super) fn file(path: &str) -> Option<EmbeddedFile> {
    site()?.get(path)
}

/// The paths of all files.
pub(super) fn names() -> Vec<Cow<'static, str>> {
    site().map(DynRustEmbed::names).unwrap_or_default()
}

fn site() -> Option<&'static Site> {
    EMBEDDED.get().copied().or_else(on_disk)
}

/// In debug builds, programs that have embedded no files, such as tests, read them from disk.
#[cfg(debug_assertions)]
fn on_disk() -> Option<&'static Site> {
    #[derive(rust_embed::RustEmbed)]
    #[folder = "target/site"]
    #[allow_missing = true]
    struct OnDisk;

    Some(&OnDisk)
}

#[cfg(not(debug_assertions))]
fn on_disk() -> Option<&'static Site> {
    None
}
