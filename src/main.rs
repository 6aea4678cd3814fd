//! The command `tidings`.

mod command;

use std::process::ExitCode;

fn main() -> ExitCode {
    match command::run(std::env::args_os().collect()) {
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
