//! Tidings as users run it: with all defaults, on an empty folder.

use std::process::Command;

use anyhow::Result;

use super::{
    Started,
    process::{Process, free_address},
};
use crate::{Setting, server::Server};

/// Starts the one of this program, or another.
pub fn start(setting: &Setting) -> Result<Started> {
    let folder = tempfile::tempdir_in(&setting.folder)?;
    // No leave to take, and nothing said of what is routine.
    let flags = ["--drain", "0", "--log", "warn"];
    let Some(program) = &setting.server else {
        let server = Server::start_as_is(folder.path(), &flags)?;
        return Ok(Started {
            address: server.address(),
            pushes: server.address(),
            process: server.id(),
            _running: Box::new((server, folder)),
        });
    };
    let address = free_address()?;
    let mut command = Command::new(program);
    command.arg("serve").args(flags);
    command.arg("--data-dir").arg(folder.path());
    command.args(["--listen", &address.to_string()]);
    let process = Process::start(&mut command, address)?;
    Ok(Started {
        address,
        pushes: address,
        process: process.id(),
        _running: Box::new((process, folder)),
    })
}
