//! `tidings upgrade-check`.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use crate::log::{self, FileVersion};
use clap::Args;

use super::arguments::DataFolder;

/// What is checked. The settings file has been read when this runs.
#[derive(Args)]
pub struct UpgradeCheck {
    #[command(flatten)]
    folder: DataFolder,

    /// TOML file with the settings of the server. Default: tidings.toml in the current folder, if it exists.
    #[arg(long, env = "TIDINGS_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Prints what will happen at the start.
pub fn run(check: &UpgradeCheck) -> anyhow::Result<()> {
    let version = log::file_version(&check.folder.data_dir)?;
    // The exit code says it too: stdout may be closed.
    let _ = print(check, version.as_ref(), &mut io::stdout().lock());
    Ok(())
}

fn print(
    check: &UpgradeCheck,
    version: Option<&FileVersion>,
    out: &mut impl Write,
) -> io::Result<()> {
    writeln!(out, "program: tidings {}", env!("CARGO_PKG_VERSION"))?;
    match version {
        None => writeln!(
            out,
            "data: {} has no log: a new one is made",
            check.folder.data_dir.display()
        ),
        Some(file) if file.found == file.known => writeln!(
            out,
            "data: {} has version {}, as this program writes it: nothing changes",
            file.path.display(),
            file.found
        ),
        Some(file) => writeln!(
            out,
            "data: {} has version {}, and this program makes version {} of it at its first start. An earlier program \
             can't open it then, so make a backup first (tidings backup)",
            file.path.display(),
            file.found,
            file.known
        ),
    }?;
    match &check.config {
        Some(config) => writeln!(
            out,
            "settings: {} has no unknown or wrong setting",
            config.display()
        ),
        None => Ok(()),
    }
}
