//! One message to all of 6,000 streams: spread over three nodes, and at one server.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::nodes::{COUNT, Nodes};
use crate::{
    Setting,
    contender::Kind,
    report::{Row, number},
    rounds::middle,
    stage::{Loop, Stage},
};

/// Streams.
const STREAMS: usize = 6_000;

/// The duration of the closed loop.
const SPAN: Duration = Duration::from_secs(2);

/// One round of one variant.
#[derive(Clone, Copy, Debug)]
struct Round {
    closed: Loop,
    /// Processor time of all nats-servers in microseconds.
    nats_per_event: f64,
}

/// Measures both in turns, with and without the log.
pub fn measure(setting: &Setting, nodes: &Nodes) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for kept in [true, false] {
        let (mut cluster, mut alone) = (Vec::new(), Vec::new());
        for _ in 0..setting.rounds {
            let stage = Stage::before(nodes.as_server(COUNT)?, setting, false)?;
            cluster.push(round(stage, kept, || nodes.nats_cpu_seconds())?);
            let stage = Stage::set(Kind::Tidings, setting)?;
            alone.push(round(stage, kept, || 0.0)?);
        }
        rows.extend(rows_of(kept, &cluster, &alone));
    }
    Ok(rows)
}

fn round(mut stage: Stage, kept: bool, nats_cpu: impl Fn() -> f64) -> Result<Round> {
    stage.kept = kept;
    stage.open(STREAMS)?;
    stage.push_and_wait(3)?;
    let (began, used) = (Instant::now(), nats_cpu());
    let closed = stage.closed_loop(SPAN)?;
    let events = closed.events_per_second * began.elapsed().as_secs_f64();
    Ok(Round {
        closed,
        nats_per_event: (nats_cpu() - used) * 1e6 / events,
    })
}

fn rows_of(kept: bool, cluster: &[Round], alone: &[Round]) -> [Row; 2] {
    let kind = if kept { "durable" } else { "ttl 0" };
    let streams = number(STREAMS as f64);
    let row = |what: &str, unit, figure: fn(&Round) -> f64| {
        let name =
            format!("cluster: {what}, one message to {streams} streams at three nodes, {kind}");
        let row = Row::new(name, middle(cluster, figure), unit);
        row.against("at one server", middle(alone, figure))
    };
    let load = number(middle(cluster, |round| round.closed.load_per_event));
    let nats = number(middle(cluster, |round| round.nats_per_event));
    [
        row("deliveries, closed loop", "/s", |round| {
            round.closed.events_per_second
        }),
        row("CPU of the nodes per delivery", "us", |round| {
            round.closed.cpu_per_event
        })
        .note(format!(
            "nats-servers: {nats} us, load generator: {load} us"
        )),
    ]
}
