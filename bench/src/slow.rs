//! Readers that do not read: their effect on other readers, and the memory that the server needs for them.

use std::time::Duration;

use anyhow::Result;

use crate::{
    Setting,
    contender::Kind,
    report::{Row, number},
    rounds::middle,
    stage::Stage,
};

/// The number of listeners, and how many of them do not read.
const LISTENERS: usize = 10_000;
const STALLED: usize = 1_000;

/// Messages that fill the socket buffers and queues of these listeners, and their size in bytes.
const FILL: (u64, usize) = (50, 8 * 1024);

/// The rate in messages per second and the duration for measuring the others.
const PACE: u32 = 5;
const SPAN: Duration = Duration::from_secs(3);

/// The targets: the 99th percentile of the others relative to the one before, and the growth of memory in megabytes.
const P99: f64 = 1.2;
const GROWTH: f64 = 10.0;

/// The result of one round.
#[derive(Clone, Copy, Debug)]
struct Round {
    before: f64,
    after: f64,
    growth: f64,
}

/// Runs the scenario.
pub fn measure(setting: &Setting) -> Result<Vec<Row>> {
    let rounds = (0..setting.rounds).map(|_| round(setting));
    let rounds = rounds.collect::<Result<Vec<_>>>()?;
    let (all, stalled) = (number(LISTENERS as f64), number(STALLED as f64));
    let p99 = Row::new(
        format!("p99 of the others while {stalled} of {all} read nothing, Tidings"),
        middle(&rounds, |round| round.after),
        "ms",
    );
    let p99 = p99.against("while all read", middle(&rounds, |round| round.before));
    let growth = Row::new(
        format!("memory that {stalled} who read nothing add, Tidings"),
        middle(&rounds, |round| round.growth),
        "MB",
    );
    let (messages, size) = FILL;
    let growth = growth.note(format!(
        "{messages} messages of {size} bytes before, then {PACE}/s; all came in the end"
    ));
    Ok(vec![p99.at_most_times(P99), growth.at_most(GROWTH)])
}

fn round(setting: &Setting) -> Result<Round> {
    let mut stage = Stage::set(Kind::Tidings, setting)?;
    stage.kept = true;
    stage.open(LISTENERS)?;
    // The same messages are pushed before, so that their own cost is in both values.
    let fill = |stage: &mut Stage| {
        stage.size = FILL.1;
        stage.push_and_wait(FILL.0)?;
        stage.size = crate::payload::DEFAULT_SIZE;
        Ok::<_, anyhow::Error>(())
    };
    fill(&mut stage)?;
    let messages = stage.steady(PACE, SPAN)?;
    let before = stage.verify(messages, 0)?.p99_ms;
    let held = stage.server.memory();
    stage.listeners.stall(STALLED)?;
    fill(&mut stage)?;
    let messages = stage.steady(PACE, SPAN)?;
    let after = stage.listeners.tally()?.p99_ms;
    let growth = (stage.server.memory() - held) / 1e6;
    stage.listeners.read()?;
    // In the end all listeners have all messages: those at the steady rate, and those that filled the sockets.
    let all = messages * LISTENERS as u64 + FILL.0 * STALLED as u64;
    stage.until(|tally| tally.all >= all)?;
    stage.verify_events(all, 0)?;
    Ok(Round {
        before,
        after,
        growth,
    })
}
