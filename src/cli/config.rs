//! `tidings config`.

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use crate::config::{self, Problem};
use clap::{Args, Subcommand};
use serde_json::json;

use super::{print_note, serve::ReadSettings};

/// Exit code if something is wrong.
const WRONG: u8 = 2;

/// The subcommands of `tidings config`.
#[derive(Subcommand)]
pub enum Config {
    /// Check the settings that `tidings serve` would read
    ///
    /// Reads tidings.toml, the environment and the files of secrets, and prints everything that is wrong, with the name of
    /// the setting and the line. Exit codes: 0 all is right, 2 something is wrong.
    Check(Check),
}

/// What is checked, and how the result is printed.
#[derive(Args)]
pub struct Check {
    /// TOML file with the settings. Default: tidings.toml in the current folder, if it exists.
    #[arg(long, env = "TIDINGS_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,

    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the subcommand. Returns the exit code of the program.
pub fn run(Config::Check(check): &Config, read: ReadSettings) -> ExitCode {
    let mut args: Vec<OsString> = vec!["tidings".into(), "serve".into()];
    if let Some(file) = &check.config {
        args.extend(["--config".into(), file.into()]);
    }
    let problems = config::problems(&args, read);
    match check.json {
        true => println_quietly(&as_json(&problems)),
        false if problems.is_empty() => println_quietly("the settings are right"),
        false => problems.iter().for_each(print_note),
    }
    match problems.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(WRONG),
    }
}

fn as_json(problems: &[Problem]) -> String {
    let problems: Vec<_> = problems
        .iter()
        .map(|problem| {
            json!({
                "setting": problem.setting,
                "file": problem.file.as_ref().map(|file| file.display().to_string()),
                "line": problem.line,
                "problem": problem.text,
            })
        })
        .collect();
    json!({ "ok": problems.is_empty(), "problems": problems }).to_string()
}

/// The exit code says it too: stdout may be closed.
fn println_quietly(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}
