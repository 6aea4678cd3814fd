//! `bench check`: the scenarios with streams, small and untimed, for what is right only. Nothing is lost,
//! comes twice or out of order, from the floor (or the bench itself is wrong) and from Tidings.

use std::{path::Path, time::Duration};

use anyhow::{Result, bail};

use crate::{Setting, contender::Kind, notes::Notes, stage::Stage};

/// The argument by which this program knows that it is to check.
pub const PART: &str = "check";

/// Who listens.
const LISTENERS: usize = 500;

/// One thing that has to be right.
type Check = fn(&mut Stage) -> Result<()>;

const CHECKS: [(&str, Kind, Check); 10] = [
    ("floor, one message to all", Kind::Floor, to_all),
    ("floor, one message each", Kind::Floor, to_one),
    ("floor, some come and go", Kind::Floor, come_and_go),
    ("one message to all, ephemeral", Kind::Tidings, to_all),
    ("one message to all, durable", Kind::Tidings, |stage| {
        kept(stage, to_all)
    }),
    ("one message each, ephemeral", Kind::Tidings, to_one),
    ("one message each, durable", Kind::Tidings, |stage| {
        kept(stage, to_one)
    }),
    ("some come and go", Kind::Tidings, come_and_go),
    ("some read nothing, and go on", Kind::Tidings, |stage| {
        kept(stage, stall)
    }),
    ("all come back with a cursor", Kind::Tidings, |stage| {
        kept(stage, come_back)
    }),
];

/// Checks everything, and ends in the line in which cargo counts tests.
pub fn run() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let failed = CHECKS.iter().filter(|check| !holds(check, folder.path()));
    let failed = failed.count();
    let (result, passed) = (
        if failed == 0 { "ok" } else { "FAILED" },
        CHECKS.len() - failed,
    );
    println!("test result: {result}. {passed} passed; {failed} failed");
    match failed {
        0 => Ok(()),
        _ => bail!("{failed} checks failed"),
    }
}

fn holds((name, kind, check): &(&str, Kind, Check), folder: &Path) -> bool {
    let setting = Setting {
        folder: folder.to_owned(),
        full: false,
        rounds: 1,
        peer_rounds: 0,
        server: None,
        notes: Notes::default(),
    };
    let outcome = Stage::set_with(*kind, &setting, *kind == Kind::Tidings).and_then(|mut stage| {
        stage.open(LISTENERS)?;
        check(&mut stage)
    });
    match outcome {
        Ok(()) => println!("test {name} ... ok"),
        Err(ref error) => println!("test {name} ... FAILED: {error:#}"),
    }
    outcome.is_ok()
}

fn kept(stage: &mut Stage, check: Check) -> Result<()> {
    stage.kept = true;
    check(stage)
}

/// As fast as they are answered, and not as they come.
fn to_all(stage: &mut Stage) -> Result<()> {
    let messages = 30;
    for _ in 0..messages {
        stage.push(crate::payload::now())?;
    }
    stage.wait(messages)?;
    stage.verify(messages, 0)?;
    Ok(())
}

fn to_one(stage: &mut Stage) -> Result<()> {
    stage.push_to_each(3)?;
    stage.verify_own(3)
}

/// Half of them leave, and others come in their places.
fn come_and_go(stage: &mut Stage) -> Result<()> {
    for _ in 0..3 {
        stage.push_and_wait(2)?;
        stage.verify(2, 0)?;
        stage.listeners.close(LISTENERS / 2)?;
        stage.open(LISTENERS)?;
        stage.listeners.clear()?;
    }
    Ok(())
}

/// A tenth of them read nothing while more comes than their sockets hold.
fn stall(stage: &mut Stage) -> Result<()> {
    let messages = 40;
    stage.listeners.stall(LISTENERS / 10)?;
    stage.size = 8 * 1024;
    stage.push_and_wait(messages)?;
    stage.listeners.read()?;
    let all = messages * LISTENERS as u64;
    stage.until(|tally| tally.all >= all)?;
    // What comes now comes after it.
    stage.push_and_wait(1)?;
    stage.verify(messages + 1, 0)?;
    Ok(())
}

/// All leave, and come back at once for what they missed.
fn come_back(stage: &mut Stage) -> Result<()> {
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
