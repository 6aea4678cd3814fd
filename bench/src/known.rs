//! Whether a message to one client costs more where the log knows a million clients.

use anyhow::{Context, Result};

use crate::{
    Setting,
    contender::{self, Kind, Variant},
    direct::{self, COST, LISTENERS},
    fill,
    report::{Row, number},
    rounds::middle,
    stage::{Direct, Stage},
};

/// Clients that had a message once, and never came.
const KNOWN: u64 = 1_000_000;

/// Runs the scenario: the same pushes on an empty log, and on one that knows so many.
pub fn measure(setting: &Setting) -> Result<Vec<Row>> {
    let folder = setting.folder.join("known");
    let log = fill::open(fill::options(&folder))?;
    fill::fill(&log, KNOWN, |number| {
        fill::client(&format!("known-{number}"))
    })?;
    drop(log);
    let variants = Variant::of(Kind::Tidings);
    let mut found: Vec<(Vec<Direct>, Vec<Direct>)> = vec![Default::default(); variants.len()];
    for _ in 0..setting.rounds {
        let few = Kind::Tidings.start(setting)?;
        let few = pushes(Stage::before(few, setting, false)?, &variants)?;
        let many = contender::start_on(setting, &folder)?;
        let many = pushes(Stage::before(many, setting, false)?, &variants)?;
        for (found, (few, many)) in found.iter_mut().zip(few.into_iter().zip(many)) {
            found.0.push(few);
            found.1.push(many);
        }
    }
    let rows = variants.into_iter().zip(&found);
    Ok(rows
        .map(|(variant, (few, many))| row(variant, few, many))
        .collect())
}

fn pushes(mut stage: Stage, variants: &[Variant]) -> Result<Vec<Direct>> {
    stage.open(LISTENERS)?;
    direct::each(&mut stage, variants).context("pushes to known clients")
}

fn row(variant: Variant, few: &[Direct], many: &[Direct]) -> Row {
    let known = number(KNOWN as f64);
    let name = format!("CPU per push, {known} known, {}", direct::who(variant));
    let cost = |rounds: &[Direct]| middle(rounds, |direct| direct.cpu_per_push);
    let rate = number(middle(many, |direct| direct.pushes_per_second));
    let row = Row::new(name, cost(many), "us");
    let row = row.against(format!("of {}", number(LISTENERS as f64)), cost(few));
    row.note(format!("{rate} pushes/s")).at_most_times(COST)
}
