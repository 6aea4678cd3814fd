//! What it costs to keep 19,000 idle connections alive.

use std::{thread::sleep, time::Duration};

use anyhow::Result;

use crate::{
    Setting,
    contender::Kind,
    report::{Row, number},
    stage::Stage,
};

/// Who is connected.
const LISTENERS: usize = 19_000;

/// Seconds between two pings of a connection, by default. In each such time every connection has one ping,
/// from its first moment on: so long it runs, and four times as long with `--full`.
const HEARTBEAT: u64 = 25;

/// Messages to all by which the floor shows what a ping each would cost.
const SHOWN: u64 = 5;

/// The target, in percent of one core.
const TARGET: f64 = 1.0;

/// Runs the scenario. It takes as long as it takes, so there are no rounds.
pub fn measure(setting: &Setting) -> Result<Vec<Row>> {
    let mut stage = Stage::set(Kind::Floor, setting)?;
    stage.open(LISTENERS)?;
    stage.push_and_wait(1)?;
    let used = stage.server.cpu_seconds();
    stage.push_and_wait(SHOWN)?;
    let used = (stage.server.cpu_seconds() - used) / SHOWN as f64;
    let floor = used / HEARTBEAT as f64 * 100.0;
    drop(stage);

    let mut stage = Stage::set(Kind::Tidings, setting)?;
    stage.open(LISTENERS)?;
    // What the opening leaves to be done is no heartbeat.
    sleep(Duration::from_secs(1));
    let seconds = HEARTBEAT * if setting.full { 4 } else { 1 };
    let used = stage.server.cpu_seconds();
    sleep(Duration::from_secs(seconds));
    let used = stage.server.cpu_seconds() - used;
    stage.verify(0, 0)?;
    let listeners = number(LISTENERS as f64);
    let row = Row::new(
        format!("heartbeats of {listeners} idle, Tidings"),
        used / seconds as f64 * 100.0,
        "% of a core",
    );
    let row = row.against("floor: one write each", floor).at_most(TARGET);
    Ok(vec![row.note(format!(
        "{seconds} s of one ping each in {HEARTBEAT}"
    ))])
}
