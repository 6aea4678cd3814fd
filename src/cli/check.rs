//! `tidings check`.

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::Args;
use tidings::log::{self, CheckReport};

use super::print_note;

/// Exit code if something is damaged.
const DAMAGED: u8 = 1;

/// Exit code if the log could not be checked.
pub const NOT_CHECKED: u8 = 2;

/// The log that is checked.
#[derive(Args)]
pub struct Check {
    /// Data folder of the server.
    #[arg(
        long,
        env = "TIDINGS_DATA_DIR",
        default_value = "tidings-data",
        value_name = "FOLDER"
    )]
    data_dir: PathBuf,
}

/// Checks the log and prints what was found.
pub fn run(check: &Check) -> ExitCode {
    match log::check(&check.data_dir) {
        Ok(report) => {
            // The exit code says it too: stdout may be closed.
            let _ = print(&report, &mut io::stdout().lock());
            match report.is_good() {
                true => ExitCode::SUCCESS,
                false => ExitCode::from(DAMAGED),
            }
        }
        Err(error) => {
            print_note(format_args!("the log was not checked: {error}"));
            ExitCode::from(NOT_CHECKED)
        }
    }
}

fn print(report: &CheckReport, out: &mut impl Write) -> io::Result<()> {
    write!(
        out,
        "{}: {} messages",
        report.path.display(),
        report.messages
    )?;
    match report.positions {
        Some((first, last)) => writeln!(out, " can be read, at positions {first} to {last}")?,
        None => writeln!(out, " can be read")?,
    }
    if report.is_good() {
        return writeln!(out, "no damage found");
    }
    section(
        out,
        "structure of the file (as SQLite reports it)",
        &report.structure,
    )?;
    section(out, "inconsistent tables", &report.inconsistencies)?;
    let range = |(from, to): &(u64, u64)| match from == to {
        true => format!("message {from}"),
        false => format!("messages {from} to {to}"),
    };
    let lost: Vec<String> = report.unreadable.iter().map(range).collect();
    match lost.is_empty() {
        true => writeln!(out, "no message is lost")?,
        false => section(out, "lost (the number is the end of a cursor)", &lost)?,
    }
    writeln!(
        out,
        "what to do: restore a backup. Without one, start the server as it is: it delivers what can be read, and tells \
         clients what is lost (event: gap). If it does not start, `sqlite3 {} .recover` prints what can be read.",
        report.path.display()
    )
}

fn section(out: &mut impl Write, title: &str, lines: &[String]) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "{title}:")?;
    lines.iter().try_for_each(|line| writeln!(out, "  {line}"))
}
