//! Whether a message to one client costs more if the log knows a million clients.

use anyhow::Result;

use crate::{
    Setting,
    contender::{self, Contender, Kind, Variant},
    direct::{self, COST, LISTENERS},
    fill,
    report::{Row, number},
    rounds::middle,
    stage::{Direct, Stage},
};

/// Clients that have received a message once, and never connected.
const KNOWN: u64 = 1_000_000;

/// Runs the scenario: the same pushes to an empty log, and to one with many known clients.
pub fn measure(setting: &Setting) -> Result<Vec<Row>> {
    let folder = setting.folder.join("known");
    let log = fill::open(fill::options(&folder))?;
    fill::fill(&log, KNOWN, |number| {
        fill::client(&format!("known-{number}"))
    })?;
    drop(log);
    let variants = Variant::of(Kind::Tidings);
    let mut found: Vec<(Vec<Direct>, Vec<Direct>)> = vec![Default::default(); variants.len()];
    // Both servers run all the time: clients that disconnect and reconnect would get unconfirmed messages again.
    let mut few = stage(Kind::Tidings.start(setting)?, setting)?;
    let mut many = stage(contender::start_on(setting, &folder)?, setting)?;
    for _ in 0..setting.rounds {
        let pushes = direct::each(&mut few, &variants)?.into_iter();
        let pushes = pushes.zip(direct::each(&mut many, &variants)?);
        for (found, (few, many)) in found.iter_mut().zip(pushes) {
            found.0.push(few);
            found.1.push(many);
        }
    }
    let rows = variants.into_iter().zip(&found);
    Ok(rows
        .map(|(variant, (few, many))| row(variant, few, many))
        .collect())
}

fn stage(server: Contender, setting: &Setting) -> Result<Stage> {
    let mut stage = Stage::before(server, setting, false)?;
    stage.open(LISTENERS)?;
    Ok(stage)
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
