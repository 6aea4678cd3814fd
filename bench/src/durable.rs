//! Durable pushes per second, by the number of publishers that wait for their answers.
//!
//! To the log from async tasks, and over HTTP connections that are kept alive. Compared with one fsync per push, and
//! with `durability = "os"`.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Result;
use tidings::log::{Durability, Log, LogOptions, Work};
use tokio::runtime::Runtime;

use crate::{
    Setting,
    baseline::{self, Synced},
    concurrent::{Load, Timer, client, closed_loop, push_over_http},
    fill,
    histogram::Histogram,
    median::median,
    report::{Row, number},
    server::Server,
};

/// Concurrent publishers.
const PUBLISHERS: [usize; 4] = [1, 8, 64, 512];

/// The target: publishers, and the ratio.
const TARGET: (usize, f64) = (64, 20.0);

/// The target for a publisher that waits for each answer: so many times the fdatasync, and so many microseconds more.
const SYNCS: f64 = 1.5;
const BESIDE: f64 = 100.0;

/// The duration of one variant in one round.
const SPAN: Duration = Duration::from_millis(1_000);

/// The results for one number of publishers, for each round.
#[derive(Default)]
struct Reached {
    log: Vec<f64>,
    log_os: Vec<f64>,
    http: Vec<f64>,
    http_os: Vec<f64>,
    per_commit: Vec<f64>,
    commit_micros: Vec<f64>,
    server_micros: Vec<f64>,
}

/// Runs the scenario.
pub fn measure(setting: &Setting, runtime: &Runtime) -> Result<Vec<Row>> {
    let folder = |name: &str| setting.folder.join(name);
    let log = Arc::new(fill::open(fill::options(&folder("durable")))?);
    let log_os = Arc::new(fill::open(LogOptions {
        durability: Durability::Os,
        ..fill::options(&folder("durable-os"))
    })?);
    let server = Server::start(setting, &folder("durable-http"), &[])?;
    let os = ["--durability", "os"];
    let server_os = Server::start(setting, &folder("durable-http-os"), &os)?;
    let (mut floor, mut lone) = (Vec::new(), Load::default());
    let mut reached: [Reached; PUBLISHERS.len()] = Default::default();
    for _ in 0..setting.rounds {
        floor.push(baseline::fsync_per_push(&setting.folder, SPAN)?);
        for (publishers, reached) in PUBLISHERS.into_iter().zip(&mut reached) {
            let before = log.stats()?.work;
            reached.log.push(into_log(runtime, &log, publishers)?);
            reached.note_commits(before, log.stats()?.work);
            reached.log_os.push(into_log(runtime, &log_os, publishers)?);
            let before = server.cpu_seconds();
            let load = over_http(runtime, server.address(), publishers)?;
            let rate = load.rate;
            if publishers == 1 {
                lone.latencies.add(&load.latencies);
            }
            let used = server.cpu_seconds() - before;
            reached
                .server_micros
                .push(used * 1e6 / (rate * SPAN.as_secs_f64()));
            reached.http.push(rate);
            let load = over_http(runtime, server_os.address(), publishers)?;
            reached.http_os.push(load.rate);
        }
    }
    let middle = |of: fn(&Synced) -> f64| median(&floor.iter().map(of).collect::<Vec<_>>());
    let rate = middle(|synced| synced.rate);
    let rows = PUBLISHERS.into_iter().zip(&reached);
    let mut rows: Vec<_> = rows
        .flat_map(|(publishers, reached)| reached.rows(publishers, rate))
        .collect();
    rows.push(latency(
        &lone.latencies,
        middle(|synced| synced.half_micros),
    ));
    Ok(rows)
}

/// How long a publisher waits for its answer if there is no other one.
fn latency(pushes: &Histogram, sync: f64) -> Row {
    let name = "durable push, 1 publisher, over HTTP, p50";
    let p99 = format!("p99 {} us", number(pushes.quantile(0.99)));
    Row::new(name, pushes.quantile(0.5), "us")
        .against("fdatasync of 300 bytes, p50", sync)
        .at_most(SYNCS * sync + BESIDE)
        .note(p99)
}

impl Reached {
    fn note_commits(&mut self, before: Work, after: Work) {
        let commits = (after.commits - before.commits) as f64;
        let messages = (after.appended - before.appended) as f64;
        let micros = (after.commit_micros - before.commit_micros) as f64;
        self.per_commit.push(messages / commits);
        self.commit_micros.push(micros / commits);
    }

    fn rows(&self, publishers: usize, floor: f64) -> [Row; 4] {
        let row = |name: &str, rates: &[f64]| {
            let name = format!("durable pushes, {publishers} publishers, {name}");
            Row::new(name, median(rates), "/s")
        };
        let to_floor = |row: Row| {
            let row = row.against("fsync per push", floor);
            match publishers == TARGET.0 {
                true => row.at_least_times(TARGET.1),
                false => row,
            }
        };
        let commits = format!(
            "{} messages per commit, {} us each",
            number(median(&self.per_commit)),
            number(median(&self.commit_micros))
        );
        let server = format!(
            "server: {} us CPU per push",
            number(median(&self.server_micros))
        );
        [
            to_floor(row("into the log", &self.log)).note(commits),
            row("into the log", &self.log).against("durability os", median(&self.log_os)),
            to_floor(row("over HTTP", &self.http)).note(server),
            row("over HTTP", &self.http).against("durability os", median(&self.http_os)),
        ]
    }
}

/// Pushes per second of tasks that append to the log in closed loops.
fn into_log(runtime: &Runtime, log: &Arc<Log>, publishers: usize) -> Result<f64> {
    let data = fill::middling();
    let load = runtime.block_on(closed_loop(publishers, |publisher| {
        let (log, data) = (Arc::clone(log), Arc::clone(&data));
        async move {
            let mut timer = Timer::start(SPAN);
            while timer.goes_on() {
                let audience = fill::client(&client(publisher, timer.count()))?;
                log.append(fill::entry(audience, &data)).await?;
                timer.done();
            }
            Ok(timer)
        }
    }));
    Ok(load?.rate)
}

/// The same over HTTP, with a connection for each task.
fn over_http(runtime: &Runtime, address: SocketAddr, publishers: usize) -> Result<Load> {
    runtime.block_on(push_over_http(vec![address], publishers, SPAN))
}
