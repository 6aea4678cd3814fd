//! Tidings itself, as a separate process.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

use crate::{
    Setting,
    contender::process::{Process, free_address},
    machine,
};

/// A running server.
pub struct Server {
    process: Process,
    address: SocketAddr,
}

/// The binary: the given one, or the one that was built with the bench.
pub fn program(named: Option<PathBuf>) -> Result<PathBuf> {
    let beside = || Some(std::env::current_exe().ok()?.with_file_name("tidings"));
    let program = named.or_else(beside).context("no program was named")?;
    let how = "`cargo build --package tidings` with the profile of this program makes it";
    ensure!(
        program.is_file(),
        "{} is not there: {how}",
        program.display()
    );
    Ok(program)
}

impl Server {
    /// Starts a server on this folder with additional flags of `tidings serve`, for scenarios that measure the log.
    pub fn start(setting: &Setting, folder: &Path, flags: &[&str]) -> Result<Self> {
        // No pings during the measurement.
        let quiet = ["--heartbeat", "3600", "--max-log-mb", "65536"];
        Self::start_as_is(setting, folder, &[&quiet[..], flags].concat())
    }

    /// Starts a server with default settings, except for these flags.
    pub fn start_as_is(setting: &Setting, folder: &Path, flags: &[&str]) -> Result<Self> {
        let address = free_address()?;
        // No drain at the end, and only warnings in its log.
        let mut command = Command::new(&setting.server);
        command.args(["serve", "--drain", "0", "--log", "warn"]);
        command.args(["--listen", &address.to_string()]);
        command.arg("--data-dir").arg(folder).args(flags);
        let process = Process::start(&mut command, &[address])?;
        Ok(Self { process, address })
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Processor time that it has used, in seconds.
    pub fn cpu_seconds(&self) -> f64 {
        machine::cpu_seconds(self.id())
    }

    /// Bytes that it has caused to be written to the disk.
    pub fn bytes_written(&self) -> f64 {
        machine::bytes_written(self.id())
    }
}
