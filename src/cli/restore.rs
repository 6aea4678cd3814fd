//! `tidings restore`.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use crate::log::{self, RestoreOptions, Restored};
use anyhow::Context;
use clap::Args;

use super::{
    arguments::{DataFolder, Output},
    check,
    progress::Bar,
};

/// A backup to restore.
#[derive(Args)]
pub struct Restore {
    /// The backup: a file that `tidings backup`, `GET /api/backup` or SQLite has made.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    #[command(flatten)]
    folder: DataFolder,

    /// Replace the log that is in the data folder. It is kept there under another name.
    #[arg(long)]
    replace: bool,

    /// Restore a backup although it is damaged.
    #[arg(long)]
    accept_damage: bool,

    /// Format of the result.
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    output: Output,
}

/// Restores a backup and prints what is in it.
pub fn run(restore: &Restore) -> anyhow::Result<()> {
    let options = RestoreOptions {
        replace: restore.replace,
        damaged: restore.accept_damage,
    };
    let bar = Bar::copying();
    let restored = log::restore(
        &restore.file,
        &restore.folder.data_dir,
        options,
        &mut |done, all| bar.pages(done, all),
    );
    drop(bar);
    let restored = restored.context("nothing was restored")?;
    // The exit code says it too: stdout may be closed.
    let _ = print(&restored, restore.output, &mut io::stdout().lock());
    Ok(())
}

fn print(restored: &Restored, output: Output, out: &mut impl Write) -> io::Result<()> {
    let report = &restored.report;
    if output == Output::Json {
        let mut json = check::json(report);
        json["kept"] = restored
            .kept
            .as_ref()
            .map(|kept| kept.display().to_string())
            .into();
        return writeln!(out, "{json}");
    }
    write!(out, "{}: ", report.path.display())?;
    check::print_messages(report, out)?;
    check::print_damage(report, out)?;
    if let Some(kept) = &restored.kept {
        writeln!(
            out,
            "the log that was there before is {} now",
            kept.display()
        )?;
    }
    writeln!(
        out,
        "start the server: clients that have read messages which are not in this backup are told so (event: gap)"
    )
}
