//! `POST /push/batch`: messages per second, by audience.
//!
//! For comparison, the log alone with the same pushes in commits of a thousand, and plain SQLite with as many rows and
//! no index. The differences show where the time is spent.

use std::{net::SocketAddr, sync::Arc, time::Instant};

use anyhow::{Result, ensure};
use tidings::{log::Log, message::Audience};
use tokio::{io::AsyncWriteExt, runtime::Runtime, task::JoinSet};

use crate::{
    Setting, baseline, fill,
    http::{self, Connection},
    machine,
    median::median,
    report::{Row, number},
    server::Server,
};

/// The target in messages per second.
const TARGET: f64 = 100_000.0;

/// Concurrent requests: one client with many messages, and several.
const STREAMS: [u64; 2] = [1, 4];

/// Messages per commit when the log is measured alone. A batch has the same maximum.
const AT_ONCE: u64 = 1_000;

/// The audiences of the messages of a batch.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Everyone,
    Topics,
    Clients,
    /// Clients that the log does not know.
    NewClients,
}

impl Kind {
    const ALL: [Self; 4] = [
        Self::Everyone,
        Self::Topics,
        Self::Clients,
        Self::NewClients,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Everyone => "everyone",
            Self::Topics => "10,000 topics",
            Self::Clients => "100,000 clients",
            Self::NewClients => "new clients",
        }
    }

    /// The client or topic of message `number` in a round. Consecutive messages have unrelated audiences.
    fn target(self, number: u64, round: u64) -> String {
        let mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
        match self {
            Self::Everyone => String::new(),
            Self::Topics => format!("protocol/{}", mixed % 10_000),
            Self::Clients => format!("client-{}", mixed % 100_000),
            Self::NewClients => format!("new-{round}-{number}"),
        }
    }

    fn audience(self, number: u64, round: u64) -> Result<Audience> {
        let target = self.target(number, round);
        match self {
            Self::Everyone => Ok(Audience::Everyone),
            Self::Topics => fill::topic(&target),
            Self::Clients | Self::NewClients => fill::client(&target),
        }
    }

    fn line(self, number: u64, round: u64, data: &str) -> String {
        let to = match self {
            Self::Everyone => r#""everyone""#.to_owned(),
            Self::Topics => format!(r#"{{"topic":"{}"}}"#, self.target(number, round)),
            Self::Clients | Self::NewClients => {
                format!(r#"{{"client":"{}"}}"#, self.target(number, round))
            }
        };
        format!("{{\"to\":{to},\"data\":\"{data}\"}}\n")
    }
}

/// The results for one kind and number of requests, for each round.
#[derive(Default)]
struct Reached {
    rates: Vec<f64>,
    server_micros: Vec<f64>,
    own_micros: Vec<f64>,
    written: Vec<f64>,
}

/// Runs the scenario.
pub fn measure(setting: &Setting, runtime: &Runtime) -> Result<Vec<Row>> {
    let count = if setting.full { 1_000_000 } else { 100_000 };
    let server = Server::start(setting, &setting.folder.join("batch"), &[])?;
    let log = Arc::new(fill::open(fill::options(
        &setting.folder.join("batch-log"),
    ))?);
    let mut plain = Vec::new();
    let mut alone: [Alone; Kind::ALL.len()] = Default::default();
    let mut reached: [[Reached; STREAMS.len()]; Kind::ALL.len()] = Default::default();
    for round in 0..setting.rounds {
        plain.push(baseline::plain_inserts(
            &setting.folder,
            count,
            &fill::small(),
        )?);
        for (i, kind) in Kind::ALL.into_iter().enumerate() {
            alone[i].note(runtime, &log, (kind, count, round))?;
            for (j, streams) in STREAMS.into_iter().enumerate() {
                // Each number of requests has its own round number, so that new clients are new.
                let round = round * STREAMS.len() as u64 + j as u64;
                reached[i][j].note(runtime, &server, (kind, count, round), streams)?;
            }
        }
    }
    let mut rows = Vec::new();
    for (i, kind) in Kind::ALL.into_iter().enumerate() {
        rows.push(alone[i].row(kind, median(&plain)));
        for (j, streams) in STREAMS.into_iter().enumerate() {
            rows.push(reached[i][j].row(kind, streams, median(&alone[i].rates)));
        }
    }
    Ok(rows)
}

/// A set of messages: kind, count and round.
type Load = (Kind, u64, u64);

/// The results of the log alone for one kind.
#[derive(Default)]
struct Alone {
    rates: Vec<f64>,
    per_commit: Vec<f64>,
    cpu_micros: Vec<f64>,
}

impl Alone {
    fn note(&mut self, runtime: &Runtime, log: &Arc<Log>, load: Load) -> Result<()> {
        let before = log.stats()?.work;
        let (rate, used) = runtime.block_on(into_log(log, load))?;
        let after = log.stats()?.work;
        self.rates.push(rate);
        self.cpu_micros.push(used * 1e6 / load.1 as f64);
        let commits = (after.commits - before.commits) as f64;
        let messages = (after.appended - before.appended) as f64;
        self.per_commit.push(messages / commits);
        Ok(())
    }

    fn row(&self, kind: Kind, plain: f64) -> Row {
        let name = format!("batches into the log, {}", kind.name());
        let note = format!(
            "{} messages per commit; {} us CPU per message",
            number(median(&self.per_commit)),
            number(median(&self.cpu_micros))
        );
        let row = Row::new(name, median(&self.rates), "/s");
        row.against("plain SQLite inserts", plain).note(note)
    }
}

impl Reached {
    fn note(&mut self, runtime: &Runtime, server: &Server, load: Load, streams: u64) -> Result<()> {
        let count = load.1 as f64;
        let bodies = bodies(load, streams);
        let own = || machine::cpu_seconds(std::process::id());
        let (cpu, mine, bytes) = (server.cpu_seconds(), own(), server.bytes_written());
        let began = Instant::now();
        runtime.block_on(post_all(server.address(), bodies, load.1))?;
        self.rates.push(count / began.elapsed().as_secs_f64());
        self.server_micros
            .push((server.cpu_seconds() - cpu) * 1e6 / count);
        self.own_micros.push((own() - mine) * 1e6 / count);
        self.written.push((server.bytes_written() - bytes) / count);
        Ok(())
    }

    fn row(&self, kind: Kind, streams: u64, alone: f64) -> Row {
        let requests = if streams == 1 { "request" } else { "requests" };
        let name = format!("batch over HTTP, {}, {streams} {requests}", kind.name());
        let note = format!(
            "per message: server {} us CPU, {} bytes written; client {} us CPU",
            number(median(&self.server_micros)),
            number(median(&self.written)),
            number(median(&self.own_micros))
        );
        let row = Row::new(name, median(&self.rates), "/s");
        row.against("the log alone", alone)
            .at_least(TARGET)
            .note(note)
    }
}

/// Messages per second of four tasks that append a thousand messages at a time, and the processor time in seconds.
async fn into_log(log: &Arc<Log>, (kind, count, round): Load) -> Result<(f64, f64)> {
    const TASKS: u64 = 4;
    let data = fill::small();
    let mut batches: [Vec<Vec<_>>; TASKS as usize] = Default::default();
    for first in (0..count).step_by(AT_ONCE as usize) {
        let numbers = first..count.min(first + AT_ONCE);
        let entries = numbers.map(|number| {
            let audience = kind.audience(number, round)?;
            Ok(fill::entry(audience, &data))
        });
        batches[(first / AT_ONCE % TASKS) as usize].push(entries.collect::<Result<_>>()?);
    }
    let own = || machine::cpu_seconds(std::process::id());
    let (began, before) = (Instant::now(), own());
    let mut tasks = JoinSet::new();
    for batches in batches {
        let log = Arc::clone(log);
        tasks.spawn(async move {
            for entries in batches {
                for outcome in log.append_batch(entries).await {
                    outcome?;
                }
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok((count as f64 / began.elapsed().as_secs_f64(), own() - before))
}

/// The bodies of the requests, created before the measurement starts.
fn bodies((kind, count, round): Load, streams: u64) -> Vec<String> {
    let data = fill::small();
    let each = count / streams;
    let body = |stream| {
        let numbers = stream * each..(stream + 1) * each;
        numbers
            .map(|number| kind.line(number, round, &data))
            .collect()
    };
    (0..streams).map(body).collect()
}

async fn post_all(address: SocketAddr, bodies: Vec<String>, count: u64) -> Result<()> {
    let each = count / bodies.len() as u64;
    let mut tasks = JoinSet::new();
    for body in bodies {
        tasks.spawn(post_one(address, body, each));
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}

/// Sends one batch, and reads its answers meanwhile. All lines must be accepted.
async fn post_one(address: SocketAddr, body: String, count: u64) -> Result<()> {
    let Connection {
        mut writer,
        mut reader,
    } = Connection::open(address).await?;
    let head = http::post("/push/batch", address, "application/x-ndjson", body.len());
    let sender = tokio::spawn(async move {
        writer.write_all(head.as_bytes()).await?;
        writer.write_all(body.as_bytes()).await?;
        anyhow::Ok(writer)
    });
    let length = reader.head().await?;
    let mut answers = Vec::with_capacity(count as usize * 80);
    reader
        .body(length, |piece| answers.extend_from_slice(piece))
        .await?;
    drop(sender.await??);
    let accepted = answers
        .split(|byte| *byte == b'\n')
        .filter(|line| line.starts_with(b"{\"id\":\""));
    let accepted = accepted.count() as u64;
    ensure!(
        accepted == count,
        "{accepted} of {count} pushes were accepted"
    );
    Ok(())
}
