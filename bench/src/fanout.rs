//! One message to 10,000 connections: how many events a second, what one costs the server, and how long
//! the slowest hundredth waits at five messages a second.

use std::time::Duration;

use anyhow::{Context, Result};

use crate::{
    Setting,
    contender::{Kind, Variant},
    report::{Row, number},
    stage::{Loop, Stage, middle},
};

/// Who listens.
const LISTENERS: usize = 10_000;

/// How long a closed loop runs, and messages at a steady pace.
const SPAN: Duration = Duration::from_secs(2);
const STEADY: Duration = Duration::from_secs(4);

/// Messages a second at a steady pace.
const PACE: u32 = 5;

/// The targets: processor time, rate and latency, as parts of the floor's.
const CPU: f64 = 1.15;
const RATE: f64 = 0.85;
const P99: f64 = 1.3;

/// What one round has found.
#[derive(Clone, Copy, Debug)]
struct Round {
    closed: Loop,
    p50: f64,
    p99: f64,
}

/// Runs the scenario.
pub fn measure(setting: &Setting) -> Result<Vec<Row>> {
    let mut found: Vec<(Variant, Vec<Round>)> = Vec::new();
    for _ in 0..setting.rounds {
        for kind in [Kind::Floor, Kind::Tidings] {
            let mut stage = Stage::set(kind, setting)?;
            stage.open(LISTENERS)?;
            for variant in Variant::of(kind) {
                stage.kept = variant.kept;
                let round = round(&mut stage)?;
                match found.iter_mut().find(|(of, _)| *of == variant) {
                    Some((_, rounds)) => rounds.push(round),
                    None => found.push((variant, vec![round])),
                }
            }
        }
    }
    let floor = found.first().context("the floor is measured first")?;
    let rows = found.iter().flat_map(|found| rows(found, floor));
    Ok(rows.collect())
}

/// A closed loop and a steady pace, after some messages that are not counted.
fn round(stage: &mut Stage) -> Result<Round> {
    stage.push_and_wait(3)?;
    let closed = stage.closed_loop(SPAN)?;
    let messages = stage.steady(PACE, STEADY)?;
    let steady = stage.verify(messages, 0)?;
    Ok(Round {
        closed,
        p50: steady.p50_ms,
        p99: steady.p99_ms,
    })
}

fn rows((variant, rounds): &(Variant, Vec<Round>), (_, floor): &(Variant, Vec<Round>)) -> [Row; 3] {
    let to = number(LISTENERS as f64);
    let name = |what: &str| format!("{what}, one message to {to}, {}", variant.name());
    let row = |what: &str, unit, figure: fn(&Round) -> f64| {
        let row = Row::new(name(what), middle(rounds, figure), unit);
        match variant.kind {
            Kind::Floor => row,
            _ => row.against("floor", middle(floor, figure)),
        }
    };
    let load = number(middle(rounds, |round| round.closed.load_per_event));
    let half = number(middle(rounds, |round| round.p50));
    let rate = row("events, closed loop", "/s", |round| {
        round.closed.events_per_second
    });
    let cpu = row("CPU per event", "us", |round| round.closed.cpu_per_event);
    let late = row("p99 at 5 messages/s", "ms", |round| round.p99);
    let cpu = cpu.note(format!("load generator: {load} us"));
    let late = late.note(format!("p50 {half} ms"));
    match variant.kind {
        Kind::Tidings => [
            cpu.at_most_times(CPU),
            rate.at_least_times(RATE),
            late.at_most_times(P99),
        ],
        _ => [cpu, rate, late],
    }
}
