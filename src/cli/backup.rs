//! `tidings backup`.

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use crate::log::{self, CheckReport};
use clap::Args;

use super::{
    arguments::{DataFolder, Output},
    check::{self, NOT_CHECKED},
    print_note,
    progress::Bar,
};

/// A backup to make.
#[derive(Args)]
pub struct Backup {
    /// The new file. It must not exist.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    #[command(flatten)]
    folder: DataFolder,

    /// Format of the result.
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    output: Output,
}

/// Makes a backup and prints what is in it.
pub fn run(backup: &Backup) -> ExitCode {
    let bar = Bar::copying();
    let made = log::backup(&backup.folder.data_dir, &backup.file, &mut |done, all| {
        bar.pages(done, all);
    });
    drop(bar);
    match made {
        Ok(report) => {
            // The exit code says it too: stdout may be closed.
            let _ = print(&report, backup.output, &mut io::stdout().lock());
            check::exit_code(&report)
        }
        Err(error) => {
            print_note(format_args!("there is no backup: {error}"));
            ExitCode::from(NOT_CHECKED)
        }
    }
}

fn print(report: &CheckReport, output: Output, out: &mut impl Write) -> io::Result<()> {
    if output == Output::Json {
        return writeln!(out, "{}", check::json(report));
    }
    let bytes = report.path.metadata().map_or(0, |file| file.len());
    write!(out, "{}: ", report.path.display())?;
    check::print_messages(report, out)?;
    writeln!(out, "{}", indicatif::HumanBytes(bytes))?;
    check::print_damage(report, out)
}
