//! What an idle connection holds of the server's memory, at 10,000 of them and at 19,000, and what is left
//! of it when they are gone.

use std::{thread::sleep, time::Duration};

use anyhow::Result;

use crate::{
    Setting,
    contender::{Kind, Variant},
    report::{Chart, Row, number},
    rounds::{middle, take_turns},
    stage::Stage,
};

/// Connections: a process may have 20,000 descriptors on many machines.
const SOME: usize = 10_000;
const MANY: usize = 19_000;

/// What one connection may hold, in bytes: 0.6 KiB.
const TARGET: f64 = 614.4;

/// The share that may be left after they are gone.
const LEFT: f64 = 0.1;

/// Those who come and go first, so that what the first connection ever costs is not counted.
const FIRST: usize = 100;

/// How long memory has to settle.
const SETTLE: Duration = Duration::from_secs(3);

/// Bytes for each connection.
#[derive(Clone, Copy, Debug)]
struct Held {
    some: f64,
    many: f64,
    left: f64,
}

/// Runs the scenario.
pub fn measure(setting: &Setting) -> Result<Vec<Row>> {
    let found = take_turns(setting, &Kind::ALL, |kind| {
        let variant = Variant { kind, kept: false };
        Ok(vec![(variant, hold(kind, setting)?)])
    })?;
    let tidings = found.of(Kind::Tidings).unwrap_or_default();
    let rows = found
        .variants()
        .flat_map(|(variant, held)| rows(variant.kind, held, tidings));
    Ok(rows.collect())
}

fn hold(kind: Kind, setting: &Setting) -> Result<Held> {
    let mut stage = Stage::set(kind, setting)?;
    stage.open(FIRST)?;
    stage.push_and_wait(1)?;
    stage.listeners.close(0)?;
    sleep(SETTLE);
    let none = stage.server.memory();
    // Streams that were just opened and streams that have had something are not the same.
    let mut with = |listeners: usize| {
        stage.open(listeners)?;
        stage.push_and_wait(1)?;
        sleep(SETTLE);
        Ok::<_, anyhow::Error>((stage.server.memory() - none) / listeners as f64)
    };
    let (some, many) = (with(SOME)?, with(MANY)?);
    stage.listeners.close(0)?;
    sleep(SETTLE * 2);
    let left = (stage.server.memory() - none) / MANY as f64;
    Ok(Held { some, many, left })
}

fn rows(kind: Kind, held: &[Held], tidings: &[Held]) -> Vec<Row> {
    let name = kind.name();
    let count = |count: usize| number(count as f64);
    let (some, many) = (
        middle(held, |held| held.some),
        middle(held, |held| held.many),
    );
    let left = middle(held, |held| held.left);
    let at_some = Row::new(
        format!("memory of one of {} idle, {name}", count(SOME)),
        some,
        "B",
    );
    let at_many = Row::new(
        format!("memory of one of {} idle, {name}", count(MANY)),
        many,
        "B",
    );
    let at_many = at_many.against(format!("of {}", count(SOME)), some);
    let after = Row::new(format!("left of it when all have gone, {name}"), left, "B");
    let after = after.against("while they were there", many);
    let at_some = at_some.bar(Chart::Memory, name.to_owned());
    match kind {
        Kind::Tidings => vec![
            at_some.at_most(TARGET),
            at_many.at_most(TARGET),
            after.at_most_times(LEFT),
        ],
        Kind::Floor => vec![at_some, at_many, after],
        _ => vec![
            at_some.part("Tidings", middle(tidings, |held| held.some)),
            at_many.part("Tidings", middle(tidings, |held| held.many)),
            after,
        ],
    }
}
