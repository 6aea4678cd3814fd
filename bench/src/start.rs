//! How soon a server that was just started takes a connection, and what it holds when nobody is there.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::Result;

use crate::{
    Setting, processes,
    report::{Row, median},
    server::Server,
};

/// The targets, in milliseconds and in megabytes.
const SOON: f64 = 100.0;
const LITTLE: f64 = 20.0;

/// Starts of which the median counts, at least.
const STARTS: u64 = 5;

/// How long nothing happens before it is looked at what is held.
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
        Row::new(name, median(&soon), "ms").at_most(SOON),
        Row::new("memory of an idle server, Tidings", median(&held), "MB").at_most(LITTLE),
    ])
}
