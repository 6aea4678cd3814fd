//! Messages to one listener each: how many a second by publishers that each wait for their answer, and
//! whether one costs more when more are connected.

use std::time::Duration;

use anyhow::{Context, Result};

use crate::{
    Setting,
    contender::{Kind, Variant},
    report::{Row, number},
    stage::{Direct, Stage, middle},
};

/// Connected, and those that are pushed to in turn: whoever else is connected hears nothing.
const LISTENERS: usize = 1_000;
const MANY: usize = 19_000;

/// Publishers, and those who wait for the log each time: a commit takes all that wait.
const PUBLISHERS: usize = 8;
const KEEPERS: usize = 64;

/// How long they push.
const SPAN: Duration = Duration::from_millis(1_500);

/// The targets: pushes a second as a part of the floor's, and what one costs among many, as a part of what
/// it costs among few.
const RATE: f64 = 0.7;
const COST: f64 = 1.15;

/// What one round has found.
#[derive(Clone, Copy, Debug)]
struct Round {
    few: Direct,
    many: Direct,
}

/// Runs the scenario.
pub fn measure(setting: &Setting) -> Result<Vec<Row>> {
    let mut found: Vec<(Variant, Vec<Round>)> = Vec::new();
    for _ in 0..setting.rounds {
        for kind in [Kind::Floor, Kind::Tidings] {
            let mut stage = Stage::set(kind, setting)?;
            let variants = Variant::of(kind);
            stage.open(LISTENERS)?;
            let few = each(&mut stage, &variants)?;
            stage.open(MANY)?;
            let many = each(&mut stage, &variants)?;
            for ((variant, few), many) in variants.into_iter().zip(few).zip(many) {
                let round = Round { few, many };
                match found.iter_mut().find(|(of, _)| *of == variant) {
                    Some((_, rounds)) => rounds.push(round),
                    None => found.push((variant, vec![round])),
                }
            }
        }
    }
    let (_, floor) = found.first().context("the floor is measured first")?;
    let rows = found.iter().flat_map(|found| rows(found, floor));
    Ok(rows.collect())
}

fn each(stage: &mut Stage, variants: &[Variant]) -> Result<Vec<Direct>> {
    let variants = variants.iter().map(|variant| {
        stage.kept = variant.kept;
        stage.direct(LISTENERS, publishers(*variant), SPAN)
    });
    variants.collect()
}

fn publishers(variant: Variant) -> usize {
    if variant.kept { KEEPERS } else { PUBLISHERS }
}

fn rows((variant, rounds): &(Variant, Vec<Round>), floor: &[Round]) -> Vec<Row> {
    let count = |count: usize| number(count as f64);
    let publishers = format!("{} publishers, {}", publishers(*variant), variant.name());
    let connected = count(LISTENERS);
    let rate = |rounds: &[Round]| middle(rounds, |round| round.few.pushes_per_second);
    let late = number(middle(rounds, |round| round.few.p99_ms));
    let pushes = Row::new(
        format!("direct pushes, {connected} connected, {publishers}"),
        rate(rounds),
        "/s",
    );
    let pushes = pushes.note(format!("p99 {late} ms"));
    let few = middle(rounds, |round| round.few.cpu_per_push);
    let cost = Row::new(
        format!("CPU per push, {} connected, {publishers}", count(MANY)),
        middle(rounds, |round| round.many.cpu_per_push),
        "us",
    );
    let cost = cost.against(format!("of {connected}"), few);
    match variant.kind {
        Kind::Tidings => vec![
            pushes.against("floor", rate(floor)).at_least_times(RATE),
            cost.at_most_times(COST),
        ],
        _ => vec![pushes, cost],
    }
}
