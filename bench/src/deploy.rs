//! Restarts under load, as in a deploy: what readers and publishers notice of them.
//!
//! The readers behave like an EventSource of a browser. The publishers repeat a push that failed, with the same
//! idempotency key.

mod publishers;
mod restart;

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use tokio::runtime::Runtime;

use crate::{
    Setting,
    listeners::Listeners,
    load::protocol::{Silence, Tally, Target},
    median::median,
    report::{Row, number},
};
use publishers::{Publishers, Pushed};
use restart::{Deployment, Restart, Way};

/// The readers and the restarts, and the same with `--full`.
const SIZE: (usize, usize) = (1_000, 3);
const FULL_SIZE: (usize, usize) = (5_000, 10);

/// The topics. Each reader has one of them, and each topic has a publisher.
const TOPICS: usize = 20;

/// The pushes per second of all publishers together.
const RATE: u32 = 200;

/// The target of the longest time without a message, in milliseconds.
const SILENCE_MS: f64 = 2_000.0;

/// The number of streams opened at the same time before the measurement.
const AT_ONCE: usize = 100;

/// The time before the first restart, and after each, when all readers are there again.
const QUIET: Duration = Duration::from_secs(2);

/// How long readers may take to come back, and to have all messages.
const PATIENCE: Duration = Duration::from_secs(60);

/// What was measured with one way of restart.
struct Outcome {
    silence: Silence,
    tally: Tally,
    pushed: Pushed,
    /// The deliveries that must have happened.
    expected: u64,
    restarts: Vec<Restart>,
}

/// Runs the scenario.
pub fn measure(setting: &Setting, runtime: &Runtime) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for way in Way::ALL {
        match run(setting, runtime, way) {
            Ok(outcome) => rows.extend(outcome.rows(way)),
            Err(error) => setting
                .notes
                .add_failure(&format!("Deploy, {}", way.name()), &error),
        }
    }
    Ok(rows)
}

fn run(setting: &Setting, runtime: &Runtime, way: Way) -> Result<Outcome> {
    let (readers, restarts) = if setting.full { FULL_SIZE } else { SIZE };
    let mut deployment = Deployment::start(setting, way)?;
    let mut listeners = Listeners::of(&Target {
        addresses: vec![deployment.address()],
        path: format!("/sse?client_id={{client}}&topic={}", topic("{topic}")),
        greeting: None,
        cursors: true,
        returns: true,
        topics: TOPICS,
    })?;
    let opened = listeners.open(readers, AT_ONCE)?;
    let (came, why) = (opened.listeners, &opened.why);
    ensure!(came == readers, "{came} of {readers} came: {why}");
    let publishers = Publishers::start(runtime, deployment.address());
    sleep(QUIET);
    let mut done = Vec::new();
    for _ in 0..restarts {
        done.push(deployment.restart()?);
        let all = |tally: &Tally| tally.open == readers;
        let tally = until(&mut listeners, all)?;
        let open = tally.open;
        ensure!(open == readers, "only {open} of {readers} came back");
        sleep(QUIET);
    }
    let silence = listeners.silence()?;
    let pushed = publishers.stop(runtime)?;
    let number = |index| pushed.of_topics[index % TOPICS];
    let expected: u64 = (0..readers).map(number).sum();
    let tally = until(&mut listeners, |tally| tally.own >= expected)?;
    Ok(Outcome {
        silence,
        tally,
        pushed,
        expected,
        restarts: done,
    })
}

/// The path of a topic.
fn topic(name: &str) -> String {
    format!("deploy/{name}")
}

/// Waits until the counts are as wanted, and returns the last ones.
fn until(listeners: &mut Listeners, wanted: impl Fn(&Tally) -> bool) -> Result<Tally> {
    let began = Instant::now();
    loop {
        let tally = listeners.tally()?;
        if wanted(&tally) || began.elapsed() > PATIENCE {
            return Ok(tally);
        }
        sleep(Duration::from_millis(50));
    }
}

impl Outcome {
    fn rows(&self, way: Way) -> Vec<Row> {
        let row = |what: &str, measured: f64, unit| {
            Row::new(format!("deploy, {}: {what}", way.name()), measured, unit)
        };
        let (silence, tally, pushed) = (&self.silence, &self.tally, &self.pushed);
        let lost = self.expected.saturating_sub(tally.own) + tally.damaged;
        let deliveries = number(self.expected as f64);
        let restarts = self.restarts.len();
        let ms = |time: fn(&Restart) -> Duration| {
            let times = self.restarts.iter().map(time);
            median(
                &times
                    .map(|time| time.as_secs_f64() * 1e3)
                    .collect::<Vec<_>>(),
            )
        };
        let (stop, start) = (ms(|restart| restart.stop), ms(|restart| restart.start));
        let times = format!(
            "the end took {} ms, the start {} ms",
            number(stop),
            number(start)
        );
        let silent =
            |what: &str, ms| row(&format!("longest time without an event, {what}"), ms, "ms");
        let pushes: u64 = pushed.of_topics.iter().sum();
        vec![
            row("messages lost", lost as f64, "")
                .at_most(0.0)
                .note(format!("{restarts} restarts, {deliveries} deliveries")),
            row("messages doubled", tally.double as f64, "").at_most(0.0),
            silent("p50 of the readers", silence.p50_ms),
            silent("p99", silence.p99_ms)
                .at_most(SILENCE_MS)
                .note(times),
            silent("max", silence.max_ms),
            row("pushes failed", pushed.failed as f64, "")
                .at_most(0.0)
                .note(format!("of {}", number(pushes as f64))),
            row(
                "first attempts of a push failed",
                pushed.first_failed as f64,
                "",
            ),
        ]
    }
}
