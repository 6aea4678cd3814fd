//! The server of the article, with Tornado (`bench/peers/article.py`).

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Result;

use super::{
    Started,
    process::{Process, free_address},
};

/// The Python with Tornado that `make bench-peers` installs.
fn python() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/peers/bin/python")
}

/// Whether it is installed.
pub fn is_there() -> bool {
    python().exists()
}

/// Starts it.
pub fn start() -> Result<Started> {
    let address = free_address()?;
    let server = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/article.py");
    let mut command = Command::new(python());
    command.arg(server).arg(address.port().to_string());
    let process = Process::start(&mut command, &[address])?;
    Ok(Started {
        address,
        pushes: address,
        process: process.id(),
        _running: Box::new(process),
    })
}
