//! Many connections at once: 10,000 new clients, and 19,000 clients that reconnect with a cursor, as after a restart.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::{
    Setting,
    contender::{Kind, Variant},
    http,
    load::protocol::Opened,
    processes,
    publisher::Publisher,
    report::{Row, number},
    rounds::{middle, run_rounds},
    stage::Stage,
};

/// New clients, and clients that reconnect.
const LISTENERS: usize = 10_000;
const RECONNECTING: usize = 19_000;

/// Messages to all, and to each client alone, that are pushed while the clients are disconnected.
const MISSED: u64 = 3;
const MISSED_OWN: u64 = 1;

/// The target: the time until all are connected, relative to the floor.
const TIME: f64 = 1.3;

/// The interval between requests for readiness.
const PROBE: Duration = Duration::from_millis(20);

/// The result of one round of reconnects.
#[derive(Clone, Copy, Debug)]
struct Return {
    seconds: f64,
    probes: f64,
    slowest_ms: f64,
    /// Bytes of memory per client, at the peak and afterwards.
    peak: f64,
    after: f64,
}

/// Runs the scenario.
pub fn measure(setting: &Setting) -> Result<Vec<Row>> {
    let mut returns = Vec::new();
    let first = run_rounds(setting, &Kind::ALL, |kind| {
        let variant = Variant { kind, kept: false };
        let mut stage = Stage::set(kind, setting)?;
        let opened = stage.open_at_once(LISTENERS, usize::MAX)?;
        drop(stage);
        if kind == Kind::Tidings {
            returns.push(reconnect(setting)?);
        }
        Ok(vec![(variant, opened)])
    })?;
    let floor = middle(first.floor()?, |round| round.seconds);
    let tidings = first.of(Kind::Tidings).unwrap_or_default();
    let tidings = middle(tidings, |round| round.seconds);
    let rows = first.variants();
    let rows = rows.map(|(variant, rounds)| row(variant.kind, rounds, floor, tidings));
    Ok(rows.chain(return_rows(&returns)).collect())
}

fn row(kind: Kind, rounds: &[Opened], floor: f64, tidings: f64) -> Row {
    let who = number(LISTENERS as f64);
    let name = format!("{who} connect at once, {}", kind.name());
    let row = Row::new(name, middle(rounds, |round| round.seconds), "s");
    let late = number(middle(rounds, |round| round.p99_ms));
    let came = number(middle(rounds, |round| round.listeners as f64));
    let row = row.note(format!("{came} came, p99 of one {late} ms"));
    match kind {
        Kind::Floor => row,
        Kind::Tidings => row.against("floor", floor).at_most_times(TIME),
        _ => row.against("floor", floor).part("Tidings", tidings),
    }
}

/// All clients disconnect, miss messages, and reconnect at once, while readiness is requested.
fn reconnect(setting: &Setting) -> Result<Return> {
    let mut stage = Stage::set_with(Kind::Tidings, setting, true)?;
    stage.kept = true;
    let process = stage.server.process();
    let none = processes::resident(process);
    stage.open(RECONNECTING)?;
    stage.push_and_wait(2)?;
    stage.listeners.close(0)?;
    stage.listeners.clear()?;
    for _ in 0..MISSED {
        stage.push(crate::payload::now())?;
    }
    stage.push_to_each(MISSED_OWN)?;
    let address = stage.server.address();
    let mut prober = Publisher::connect(address)?;
    let question = http::get("/health/ready", address);
    let (mut probes, mut slowest) = (0, Duration::ZERO);
    let missed = RECONNECTING as u64 * MISSED_OWN;
    processes::forget_peak(process)?;
    let began = Instant::now();
    stage.listeners.begin_to_open(RECONNECTING, usize::MAX)?;
    let mut opened = None;
    let tally = loop {
        let asked = Instant::now();
        prober.ask(question.as_bytes()).context("not ready")?;
        slowest = slowest.max(asked.elapsed());
        probes += 1;
        if opened.is_none() {
            opened = stage.listeners.has_opened()?;
        } else {
            let tally = stage.listeners.tally()?;
            let all = tally.all >= RECONNECTING as u64 * MISSED && tally.own >= missed;
            if all || began.elapsed() > Duration::from_secs(60) {
                break tally;
            }
        }
        std::thread::sleep(PROBE);
    };
    let seconds = began.elapsed().as_secs_f64();
    let failed = opened.as_ref().map_or(RECONNECTING, |opened| opened.failed);
    ensure!(
        failed == 0,
        "{failed} of {RECONNECTING} did not come back: {tally:?}"
    );
    stage.verify(MISSED, missed)?;
    // All are connected, and receive a new message.
    stage.push_and_wait(1)?;
    stage.verify(MISSED + 1, missed)?;
    let peak = (processes::peak(process) - none) / RECONNECTING as f64;
    let after = (processes::resident(process) - none) / RECONNECTING as f64;
    Ok(Return {
        seconds,
        probes: f64::from(probes),
        slowest_ms: slowest.as_secs_f64() * 1e3,
        peak,
        after,
    })
}

fn return_rows(rounds: &[Return]) -> [Row; 3] {
    let who = number(RECONNECTING as f64);
    let time = Row::new(
        format!("{who} come back with cursors, until all have what they missed, Tidings"),
        middle(rounds, |round| round.seconds),
        "s",
    );
    let missed = RECONNECTING as u64 * (MISSED + MISSED_OWN);
    let time = time.note(format!("{} messages missed", number(missed as f64)));
    let ready = Row::new(
        "/health/ready meanwhile, slowest answer, Tidings",
        middle(rounds, |round| round.slowest_ms),
        "ms",
    );
    let probes = number(middle(rounds, |round| round.probes));
    let ready = ready.note(format!("200 to all {probes} of a round"));
    let peak = Row::new(
        "memory of each of them, at the peak, Tidings",
        middle(rounds, |round| round.peak),
        "B",
    );
    let after = middle(rounds, |round| round.after);
    [time, ready, peak.against("when all are back", after)]
}
