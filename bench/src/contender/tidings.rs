//! Tidings as users run it: with all defaults.

use std::{path::Path, process::Command};

use anyhow::Result;

use super::{
    Started,
    process::{Process, free_address},
};
use crate::{Setting, server::Server};

/// Starts the one of this program, or another, on an empty folder.
pub fn start(setting: &Setting) -> Result<Started> {
    let folder = tempfile::tempdir_in(&setting.folder)?;
    let started = start_on(setting, folder.path())?;
    Ok(Started {
        _running: Box::new((started._running, folder)),
        ..started
    })
}

/// The same on a folder that has something in it.
pub fn start_on(setting: &Setting, folder: &Path) -> Result<Started> {
    // No leave to take, and nothing said of what is routine.
    let flags = ["--drain", "0", "--log", "warn"];
    let Some(program) = &setting.server else {
        let server = Server::start_as_is(folder, &flags)?;
        return Ok(Started {
            address: server.address(),
            pushes: server.address(),
            process: server.id(),
            _running: Box::new(server),
        });
    };
    let address = free_address()?;
    let mut command = Command::new(program);
    command.arg("serve").args(flags);
    command.arg("--data-dir").arg(folder);
    command.args(["--listen", &address.to_string()]);
    let process = Process::start(&mut command, &[address])?;
    Ok(Started {
        address,
        pushes: address,
        process: process.id(),
        _running: Box::new(process),
    })
}
