//! The memory of the server for an idle connection, with 10,000 and 19,000 of them, and the memory that remains after
//! they are closed.

use std::{thread::sleep, time::Duration};

use anyhow::Result;

use crate::{
    Setting,
    contender::{Kind, Variant},
    report::{Chart, Row, number},
    rounds::{middle, run_rounds},
    stage::Stage,
};

/// Connections. On many machines a process can have 20,000 descriptors.
const SOME: usize = 10_000;
const MANY: usize = 19_000;

/// The target: bytes per connection, 0.6 KiB.
const TARGET: f64 = 614.4;

/// The share that may remain after the connections are closed: the allocator keeps a little for each thread.
const LEFT: f64 = 0.2;

/// Connections that are opened and closed first, so that one-time costs are not counted.
const FIRST: usize = 100;

/// The time for memory to settle.
const SETTLE: Duration = Duration::from_secs(3);

/// Bytes per connection.
#[derive(Clone, Copy, Debug)]
struct Memory {
    some: f64,
    many: f64,
    left: f64,
}

/// Runs the scenario.
pub fn measure(setting: &Setting) -> Result<Vec<Row>> {
    let found = run_rounds(setting, &Kind::ALL, |kind| {
        let variant = Variant { kind, kept: false };
        Ok(vec![(variant, measure_one(kind, setting)?)])
    })?;
    let tidings = found.of(Kind::Tidings).unwrap_or_default();
    let rows = found
        .variants()
        .flat_map(|(variant, memory)| rows(variant.kind, memory, tidings));
    Ok(rows.collect())
}

fn measure_one(kind: Kind, setting: &Setting) -> Result<Memory> {
    let mut stage = Stage::set(kind, setting)?;
    stage.open(FIRST)?;
    stage.push_and_wait(1)?;
    stage.listeners.close(0)?;
    sleep(SETTLE);
    let none = stage.server.memory();
    // Streams that were just opened use less memory than streams that have had a message.
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
    Ok(Memory { some, many, left })
}

fn rows(kind: Kind, memory: &[Memory], tidings: &[Memory]) -> Vec<Row> {
    let name = kind.name();
    let count = |count: usize| number(count as f64);
    let (some, many) = (
        middle(memory, |memory| memory.some),
        middle(memory, |memory| memory.many),
    );
    let left = middle(memory, |memory| memory.left);
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
            at_some.part("Tidings", middle(tidings, |memory| memory.some)),
            at_many.part("Tidings", middle(tidings, |memory| memory.many)),
            after,
        ],
    }
}
