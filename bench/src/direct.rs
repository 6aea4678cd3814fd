//! Messages to one listener each: the rate with publishers that wait for their answers, and whether the cost grows with
//! the number of connections.

use std::time::Duration;

use anyhow::Result;

use crate::{
    Setting,
    contender::{Kind, Variant},
    report::{Row, number},
    rounds::{middle, run_rounds},
    stage::{Direct, Stage},
};

/// Connected listeners that messages are pushed to in turn, and the number with idle listeners.
pub const LISTENERS: usize = 1_000;
const MANY: usize = 19_000;

/// Publishers, and publishers of durable messages: a commit stores all waiting messages.
const PUBLISHERS: usize = 8;
const DURABLE_PUBLISHERS: usize = 64;

/// The duration of the pushes.
const SPAN: Duration = Duration::from_millis(1_500);

/// The targets: pushes per second relative to the floor, and the cost with many connections relative to the cost with
/// few.
const RATE: f64 = 0.7;
pub const COST: f64 = 1.15;

/// The target relative to Nchan.
const NCHAN: f64 = 1.5;

/// The result of one round.
#[derive(Clone, Copy, Debug)]
struct Round {
    few: Direct,
    many: Option<Direct>,
}

/// Runs the scenario.
pub fn measure(setting: &Setting) -> Result<Vec<Row>> {
    // With one shared channel, messages can't be pushed to a single client.
    let kinds = Kind::ALL.into_iter();
    let kinds: Vec<_> = kinds.filter(|kind| *kind != Kind::NchanShared).collect();
    let found = run_rounds(setting, &kinds, |kind| {
        let mut stage = Stage::set(kind, setting)?;
        let variants = Variant::of(kind);
        stage.open(LISTENERS)?;
        let few = each(&mut stage, &variants)?;
        // Only Tidings has the target that the cost does not grow.
        let many = match kind.is_peer() {
            true => vec![None; variants.len()],
            false => {
                stage.open(MANY)?;
                let many = each(&mut stage, &variants)?;
                many.into_iter().map(Some).collect()
            }
        };
        let rounds = few.into_iter().zip(many);
        let rounds = rounds.map(|(few, many)| Round { few, many });
        Ok(variants.into_iter().zip(rounds).collect())
    })?;
    let (floor, tidings) = (found.floor()?, found.of(Kind::Tidings).unwrap_or_default());
    let mut rows: Vec<_> = found
        .variants()
        .flat_map(|(variant, rounds)| rows(variant, rounds, floor, tidings))
        .collect();
    if let Some(nchan) = found.of(Kind::NchanOwn) {
        let tidings = found.variants();
        let tidings = tidings.filter(|(variant, _)| variant.kind == Kind::Tidings);
        rows.extend(tidings.map(|(variant, rounds)| {
            let row = pushes(variant, rounds).against(Kind::NchanOwn.name(), rate(nchan));
            row.at_least_times(NCHAN)
        }));
    }
    Ok(rows)
}

/// Runs the variants one after the other with the connected listeners.
pub fn each(stage: &mut Stage, variants: &[Variant]) -> Result<Vec<Direct>> {
    let variants = variants.iter().map(|variant| {
        stage.kept = variant.kept;
        stage.direct(LISTENERS, publishers(*variant), SPAN)
    });
    variants.collect()
}

fn publishers(variant: Variant) -> usize {
    if variant.kept {
        DURABLE_PUBLISHERS
    } else {
        PUBLISHERS
    }
}

fn rate(rounds: &[Round]) -> f64 {
    middle(rounds, |round| round.few.pushes_per_second)
}

/// The number of publishers, and the variant.
pub fn who(variant: Variant) -> String {
    format!("{} publishers, {}", publishers(variant), variant.name())
}

fn pushes(variant: Variant, rounds: &[Round]) -> Row {
    let connected = number(LISTENERS as f64);
    let name = format!("direct pushes, {connected} connected, {}", who(variant));
    let late = number(middle(rounds, |round| round.few.p99_ms));
    Row::new(name, rate(rounds), "/s").note(format!("p99 {late} ms"))
}

fn cost(variant: Variant, connected: usize, cost: f64) -> Row {
    let connected = number(connected as f64);
    let name = format!("CPU per push, {connected} connected, {}", who(variant));
    Row::new(name, cost, "us")
}

/// The cost of a push with few and with many connections.
fn costs(rounds: &[Round]) -> (f64, f64) {
    let few = middle(rounds, |round| round.few.cpu_per_push);
    let many: Vec<_> = rounds.iter().filter_map(|round| round.many).collect();
    (few, middle(&many, |many| many.cpu_per_push))
}

fn rows(variant: Variant, rounds: &[Round], floor: &[Round], tidings: &[Round]) -> Vec<Row> {
    let pushes = pushes(variant, rounds);
    let (few, many) = costs(rounds);
    let of_floor = costs(floor);
    let many = cost(variant, MANY, many).against(format!("of {}", number(LISTENERS as f64)), few);
    let beside = format!("floor: {} times", number(of_floor.1 / of_floor.0));
    let few = cost(variant, LISTENERS, few);
    match variant.kind {
        Kind::Floor => vec![pushes, few, many],
        Kind::Tidings => vec![
            pushes.against("floor", rate(floor)).at_least_times(RATE),
            few.against("floor", of_floor.0),
            many.at_most_times(COST).note(beside),
        ],
        _ => vec![
            pushes
                .against("floor", rate(floor))
                .part("Tidings", rate(tidings)),
            few.against("floor", of_floor.0)
                .part("Tidings", costs(tidings).0),
        ],
    }
}
