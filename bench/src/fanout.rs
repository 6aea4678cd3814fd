//! One message to 10,000 connections: events per second, the cost of an event for the server, and the 99th percentile
//! of the latency at five messages per second.

use std::time::Duration;

use anyhow::Result;

use crate::{
    Setting,
    contender::{Kind, Variant},
    report::{Chart, Row, number},
    rounds::{middle, run_rounds},
    stage::{Loop, Stage},
};

/// The number of listeners.
const LISTENERS: usize = 10_000;

/// The durations of the closed loop and of the steady rate.
const SPAN: Duration = Duration::from_secs(2);
const STEADY: Duration = Duration::from_secs(3);

/// Messages per second at the steady rate.
const PACE: u32 = 5;

/// The targets: processor time, rate and latency, relative to the floor.
const CPU: f64 = 1.15;
const RATE: f64 = 0.85;
const P99: f64 = 1.3;

/// The result of one round.
#[derive(Clone, Copy, Debug)]
struct Round {
    closed: Loop,
    p50: f64,
    p99: f64,
}

/// Runs the scenario.
pub fn measure(setting: &Setting) -> Result<Vec<Row>> {
    let found = run_rounds(setting, &Kind::ALL, |kind| {
        let mut stage = Stage::set(kind, setting)?;
        stage.open(LISTENERS)?;
        let variants = Variant::of(kind).into_iter();
        let rounds = variants.map(|variant| {
            stage.kept = variant.kept;
            Ok((variant, round(&mut stage)?))
        });
        rounds.collect()
    })?;
    let (floor, tidings) = (found.floor()?, found.of(Kind::Tidings).unwrap_or_default());
    let rows = found
        .variants()
        .flat_map(|(variant, rounds)| rows(variant, rounds, floor, tidings));
    Ok(rows.collect())
}

/// A closed loop and a steady rate, after some messages of warm-up.
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

fn rows(variant: Variant, rounds: &[Round], floor: &[Round], tidings: &[Round]) -> [Row; 3] {
    let to = number(LISTENERS as f64);
    let row = |what: &str, unit, figure: fn(&Round) -> f64| {
        let name = format!("{what}, one message to {to}, {}", variant.name());
        let row = Row::new(name, middle(rounds, figure), unit);
        match variant.kind {
            Kind::Floor => row,
            Kind::Tidings => row.against("floor", middle(floor, figure)),
            _ => row
                .against("floor", middle(floor, figure))
                .part("Tidings", middle(tidings, figure)),
        }
    };
    let load = number(middle(rounds, |round| round.closed.load_per_event));
    let half = number(middle(rounds, |round| round.p50));
    let rate = row("events, closed loop", "/s", |round| {
        round.closed.events_per_second
    });
    let cpu = row("CPU per event", "us", |round| round.closed.cpu_per_event);
    let late = row("p99 at 5 messages/s", "ms", |round| round.p99);
    let rate = rate.bar(Chart::Events, variant.name());
    let cpu = cpu
        .note(format!("load generator: {load} us"))
        .bar(Chart::Cpu, variant.name());
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
