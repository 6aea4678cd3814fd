//! `bench check`: small, untimed versions of the scenarios with streams, which only check correctness. No message is
//! lost, duplicated or out of order, neither with the floor (which checks the bench itself) nor with Tidings.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::{Setting, contender::Kind, notes::Notes, stage::Stage};

/// The argument that selects this subcommand.
pub const SUBCOMMAND: &str = "check";

/// The number of listeners.
const LISTENERS: usize = 500;

/// A check and its name.
type Check = (&'static str, fn(&mut Stage) -> Result<()>);

const OF_FLOOR: [Check; 3] = [
    ("floor: a message to all", to_all),
    ("floor: a message each", to_each),
    ("floor: some come and go", churn),
];
const OF_TIDINGS: [Check; 6] = [
    ("a message to all, ephemeral", to_all),
    ("a message each, ephemeral", to_each),
    ("some come and go", churn),
    ("a message to all, durable", |stage| kept(stage, to_all)),
    ("a message each, durable", |stage| kept(stage, to_each)),
    ("some read nothing, and go on", |stage| kept(stage, stall)),
];
const WITH_CURSORS: [Check; 1] = [("all come back with a cursor", |stage| {
    kept(stage, reconnect)
})];

/// Runs all checks. Prints a summary line like that of cargo.
pub fn run() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let setting = Setting {
        folder: folder.path().to_owned(),
        full: false,
        rounds: 1,
        peer_rounds: 0,
        server: crate::server::program(None)?,
        notes: Notes::default(),
    };
    let outcomes = [
        run_all(&OF_FLOOR, Stage::set(Kind::Floor, &setting)?)?,
        run_all(&OF_TIDINGS, Stage::set(Kind::Tidings, &setting)?)?,
        run_all(
            &WITH_CURSORS,
            Stage::set_with(Kind::Tidings, &setting, true)?,
        )?,
    ]
    .concat();
    let passed = outcomes.iter().filter(|holds| **holds).count();
    let failed = outcomes.len() - passed;
    let result = if failed == 0 { "ok" } else { "FAILED" };
    println!("test result: {result}. {passed} passed; {failed} failed");
    ensure!(failed == 0, "{failed} checks failed");
    Ok(())
}

/// Runs these checks. Returns whether each has passed.
fn run_all(checks: &[Check], mut stage: Stage) -> Result<Vec<bool>> {
    stage.open(LISTENERS)?;
    let holds = checks.iter().map(|(name, check)| {
        stage.listeners.clear()?;
        let outcome = check(&mut stage);
        match &outcome {
            Ok(()) => println!("test {name} ... ok"),
            Err(error) => println!("test {name} ... FAILED: {error:#}"),
        }
        Ok(outcome.is_ok())
    });
    holds.collect()
}

fn kept(stage: &mut Stage, check: fn(&mut Stage) -> Result<()>) -> Result<()> {
    stage.kept = true;
    check(stage)
}

/// In a closed loop, and at a steady rate.
fn to_all(stage: &mut Stage) -> Result<()> {
    let messages = 30;
    for _ in 0..messages {
        stage.push(crate::payload::now())?;
    }
    stage.wait(messages)?;
    stage.verify(messages, 0)?;
    Ok(())
}

fn to_each(stage: &mut Stage) -> Result<()> {
    stage.push_to_each(3)?;
    stage.verify_own(3)
}

/// Half of the listeners disconnect, and others connect.
fn churn(stage: &mut Stage) -> Result<()> {
    for _ in 0..3 {
        stage.push_and_wait(2)?;
        stage.verify(2, 0)?;
        stage.listeners.close(LISTENERS / 2)?;
        stage.open(LISTENERS)?;
        stage.listeners.clear()?;
    }
    Ok(())
}

/// A tenth of the listeners stops reading until more is pushed than their sockets can hold.
fn stall(stage: &mut Stage) -> Result<()> {
    let messages = 60;
    stage.listeners.stall(LISTENERS / 10)?;
    stage.size = 8 * 1024;
    stage.push_and_wait(messages)?;
    stage.listeners.read()?;
    let all = messages * LISTENERS as u64;
    stage.until(|tally| tally.all >= all)?;
    // A new message arrives after the backlog.
    stage.push_and_wait(1)?;
    stage.verify(messages + 1, 0)?;
    Ok(())
}

/// All listeners disconnect, and reconnect at once to get what they missed.
fn reconnect(stage: &mut Stage) -> Result<()> {
    stage.push_and_wait(2)?;
    for _ in 0..2 {
        stage.listeners.close(0)?;
        stage.listeners.clear()?;
        let missed = 5;
        for _ in 0..missed {
            stage.push(crate::payload::now())?;
        }
        stage.push_to_each(2)?;
        stage.open_at_once(LISTENERS, usize::MAX)?;
        let (all, own) = (missed * LISTENERS as u64, 2 * LISTENERS as u64);
        stage.until(|tally| tally.all >= all && tally.own >= own)?;
        std::thread::sleep(Duration::from_millis(50));
        stage.verify(missed, own)?;
    }
    Ok(())
}
