//! The program `tidings`.

mod cli;

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
    match cli::run(std::env::args_os().collect()) {
        Ok(code) => code,
        Err(error) => {
            // clap prints its errors and --help itself, on several lines.
            if let Some(usage) = error.downcast_ref::<clap::Error>() {
                usage.exit();
            }
            cli::print_note(format_args!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}
