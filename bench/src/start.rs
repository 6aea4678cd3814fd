//! The time from the start of a server to its first connection, and the memory of an idle server.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::Result;

use crate::{Setting, median::median, processes, report::Row, server::Server};

/// The targets in milliseconds and in megabytes.
const MAX_START: f64 = 100.0;
const MAX_MEMORY: f64 = 20.0;

/// The minimum number of starts for the median.
const STARTS: u64 = 5;

/// The idle time before memory is measured.
const IDLE: Duration = Duration::from_secs(3);

/// Runs the scenario.
pub fn measure(setting: &Setting) -> Result<Vec<Row>> {
    let (mut soon, mut held) = (Vec::new(), Vec::new());
    for _ in 0..setting.rounds.max(STARTS) {
        let folder = tempfile::tempdir_in(&setting.folder)?;
        let began = Instant::now();
        let server = Server::start_as_is(setting, folder.path(), &[])?;
        soon.push(began.elapsed().as_secs_f64() * 1_000.0);
        sleep(IDLE);
        held.push(processes::memory(server.id()) / 1e6);
    }
    let name = "start to first connection, empty log, Tidings";
    Ok(vec![
        Row::new(name, median(&soon), "ms").at_most(MAX_START),
        Row::new("memory of an idle server, Tidings", median(&held), "MB").at_most(MAX_MEMORY),
    ])
}
