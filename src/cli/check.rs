//! `tidings check`.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use crate::log::{self, CheckReport};
use clap::Args;
use serde_json::{Value, json};

use super::{
    arguments::{DataFolder, Output},
    print_note,
    progress::Bar,
};

/// Exit code if something is damaged.
const DAMAGED: u8 = 1;

/// Exit code if the log could not be checked.
pub const NOT_CHECKED: u8 = 2;

/// The log that is checked.
#[derive(Args)]
pub struct Check {
    #[command(flatten)]
    folder: DataFolder,

    /// Format of the result.
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    output: Output,
}

/// Checks the log and prints what was found.
pub fn run(check: &Check) -> ExitCode {
    let bar = Bar::waiting("checking");
    let checked = log::check(&check.folder.data_dir);
    drop(bar);
    match checked {
        Ok(report) => {
            // The exit code says it too: stdout may be closed.
            let _ = print(&report, check.output, &mut io::stdout().lock());
            exit_code(&report)
        }
        Err(error) => {
            print_note(format_args!("the log was not checked: {error}"));
            ExitCode::from(NOT_CHECKED)
        }
    }
}

fn print(report: &CheckReport, output: Output, out: &mut impl Write) -> io::Result<()> {
    if output == Output::Json {
        return writeln!(out, "{}", json(report));
    }
    write!(out, "{}: ", report.path.display())?;
    print_messages(report, out)?;
    if report.is_good() {
        return writeln!(out, "no damage found");
    }
    print_damage(report, out)?;
    writeln!(
        out,
        "what to do: restore a backup. Without one, start the server as it is: it delivers what can be read, and tells \
         clients what is lost (event: gap). If it does not start, `sqlite3 {} .recover` prints what can be read.",
        report.path.display()
    )
}

/// The exit code of a checked log.
pub fn exit_code(report: &CheckReport) -> ExitCode {
    match report.is_good() {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(DAMAGED),
    }
}

/// A report for programs.
pub fn json(report: &CheckReport) -> Value {
    json!({
        "path": report.path.display().to_string(),
        "damaged": !report.is_good(),
        "messages": report.messages,
        "first": report.positions.map(|(first, _)| first),
        "last": report.positions.map(|(_, last)| last),
        "lost": report.unreadable,
        "structure": report.structure,
        "inconsistencies": report.inconsistencies,
    })
}

/// Prints which messages can be read.
pub fn print_messages(report: &CheckReport, out: &mut impl Write) -> io::Result<()> {
    write!(out, "{} messages can be read", report.messages)?;
    match report.positions {
        Some((first, last)) => writeln!(out, ", at positions {first} to {last}"),
        None => writeln!(out),
    }
}

/// Prints what is damaged. Nothing if nothing is.
pub fn print_damage(report: &CheckReport, out: &mut impl Write) -> io::Result<()> {
    if report.is_good() {
        return Ok(());
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
        true => writeln!(out, "no message is lost"),
        false => section(out, "lost (the number is the end of a cursor)", &lost),
    }
}

fn section(out: &mut impl Write, title: &str, lines: &[String]) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "{title}:")?;
    lines.iter().try_for_each(|line| writeln!(out, "  {line}"))
}
