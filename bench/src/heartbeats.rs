//! The cost of keeping 19,000 idle connections alive.

use std::{thread::sleep, time::Duration};

use anyhow::Result;

use crate::{
    Setting,
    contender::Kind,
    report::{Row, number},
    stage::Stage,
};

/// The number of listeners.
const LISTENERS: usize = 19_000;

/// The interval of pings in seconds, by default. The scenario runs for one interval, in which every connection gets one
/// ping; with `--full` four times as long.
const HEARTBEAT: u64 = 25;

/// Messages to all with which the floor shows the cost of one ping for each.
const FLOOR_MESSAGES: u64 = 5;

/// The target in percent of one core.
const TARGET: f64 = 1.0;

/// Runs the scenario. There are no rounds, because its duration is fixed.
pub fn measure(setting: &Setting) -> Result<Vec<Row>> {
    let mut stage = Stage::set(Kind::Floor, setting)?;
    stage.open(LISTENERS)?;
    stage.push_and_wait(1)?;
    let used = stage.server.cpu_seconds();
    stage.push_and_wait(FLOOR_MESSAGES)?;
    let used = (stage.server.cpu_seconds() - used) / FLOOR_MESSAGES as f64;
    let floor = used / HEARTBEAT as f64 * 100.0;
    drop(stage);

    let mut stage = Stage::set(Kind::Tidings, setting)?;
    stage.open(LISTENERS)?;
    // Work that is left from opening the streams does not count.
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
