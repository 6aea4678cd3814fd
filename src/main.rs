//! The program `tidings`.

use rust_embed::RustEmbed;
use std::process::ExitCode;

/// The folder with the built site: embedded in release builds, read from disk in debug builds.
#[derive(RustEmbed)]
#[folder = "target/site"]
#[allow_missing = true]
struct Site;

/// The server keeps many small objects for a long time, among large ones that live shortly, on many threads. There the
/// allocator of the system keeps much unused memory. jemalloc returns it to the system within a second, as configured in
/// `.cargo/config.toml`.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    tidings::http::embed_site(&Site);
    tidings::cli::main(std::env::args_os().collect())
}
