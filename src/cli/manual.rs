//! What a package contains besides the program, made from the definition of the command line: `tidings completions` and
//! `tidings man`.

use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
};

use anyhow::Context;
use clap::{Args, Command};
use clap_complete::Shell;

/// The shell that completes the command line.
#[derive(Args)]
pub struct Completions {
    /// Name of the shell.
    shell: Shell,
}

/// Where the manual pages go.
#[derive(Args)]
pub struct Man {
    /// Folder for the pages. It is created if it does not exist.
    folder: PathBuf,
}

/// Prints the script with which a shell completes `command`.
pub fn completions(wanted: &Completions, mut command: Command) -> anyhow::Result<()> {
    let mut script = Vec::new();
    let name = command.get_name().to_owned();
    clap_complete::generate(wanted.shell, &mut command, name, &mut script);
    let written = io::stdout().write_all(&script);
    written.context("the completions could not be printed")
}

/// Writes a manual page for `command` and for each of its commands.
pub fn man(wanted: &Man, command: Command) -> anyhow::Result<()> {
    let folder = &wanted.folder;
    let written =
        fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(command, folder));
    written.with_context(|| folder.display().to_string())
}
