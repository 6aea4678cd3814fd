//! Tidings with default settings.

use std::path::Path;

use anyhow::Result;

use super::Started;
use crate::{Setting, server::Server};

/// Starts it on an empty folder.
pub fn start(setting: &Setting) -> Result<Started> {
    let folder = tempfile::tempdir_in(&setting.folder)?;
    let started = start_on(setting, folder.path())?;
    Ok(Started {
        _running: Box::new((started._running, folder)),
        ..started
    })
}

/// The same on an existing data folder.
pub fn start_on(setting: &Setting, folder: &Path) -> Result<Started> {
    let server = Server::start_as_is(setting, folder, &[])?;
    Ok(Started {
        address: server.address(),
        pushes: server.address(),
        process: server.id(),
        _running: Box::new(server),
    })
}
