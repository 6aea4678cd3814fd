//! The command `tidings`.

mod cli;

use std::process::ExitCode;

/// Many small things are held here for a long time, between large ones that come and go, on many threads. The
/// system's allocator keeps much more than is in use then; this one, as `.cargo/config.toml` sets
/// it up, gives back what is free within a second.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    match cli::run(std::env::args_os().collect()) {
        Ok(code) => code,
        Err(error) => {
            // The command line explains itself on several lines, and so does --help.
            if let Some(usage) = error.downcast_ref::<clap::Error>() {
                usage.exit();
            }
            eprintln!("tidings: {error:#}");
            ExitCode::FAILURE
        }
    }
}
