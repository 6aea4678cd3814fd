//! Going on ten messages before the end, by how many messages are stored: the cost has to be that of ten.

use std::{path::PathBuf, time::Instant};

use anyhow::{Context, Result, ensure};
use tidings::{
    log::{Log, PageLimit, Subscriptions},
    message::{Audience, ClientId, TopicAccess, TopicFilter},
};
use tokio::runtime::Runtime;

use crate::{
    Setting, fill,
    median::median,
    report::{Row, number},
    server::Server,
    stream,
};

/// Messages between the cursor and the end.
const BEHIND: u64 = 10;

/// How many times as long as in the smallest log it may take in the largest.
const TARGET: f64 = 1.5;

/// Resumes in one round, over HTTP and without. The logs take turns, one resume each.
const TIMES: (usize, usize) = (100, 500);

/// A client to whom ten messages go, evenly spread over the whole log.
const RARE_CLIENT: &str = "seldom";

/// A log, and what it took to resume in it.
struct Stored {
    count: u64,
    folder: PathBuf,
    /// Open as long as no server has it.
    log: Option<Log>,
    near: Reads,
    /// The same for the ten that are spread over all.
    spread: Reads,
}

/// Reads of ten messages.
#[derive(Default)]
struct Reads {
    micros: Vec<f64>,
    /// Rows that the last of them looked at.
    rows: u64,
}

/// The same log with a server on it.
struct Served {
    stored: Stored,
    server: Server,
    path: String,
    micros: Vec<f64>,
}

/// Runs the scenario.
pub fn measure(setting: &Setting, runtime: &Runtime) -> Result<Vec<Row>> {
    let counts = [1_000, 100_000, 10_000_000];
    let counts = counts.into_iter().take(if setting.full { 3 } else { 2 });
    let stored = counts.map(|count| Stored::fill(setting, count));
    let mut stored = stored.collect::<Result<Vec<_>>>()?;
    for _ in 0..setting.rounds as usize * TIMES.1 {
        stored.iter_mut().try_for_each(Stored::read)?;
    }
    let served = stored.into_iter().map(|stored| stored.serve(setting));
    let mut served = served.collect::<Result<Vec<_>>>()?;
    for _ in 0..setting.rounds as usize * TIMES.0 {
        for served in &mut served {
            served.resume(runtime)?;
        }
    }
    let smallest = &served[0];
    Ok(served
        .iter()
        .flat_map(|served| served.rows(smallest))
        .collect())
}

impl Stored {
    fn fill(setting: &Setting, count: u64) -> Result<Self> {
        let folder = setting.folder.join(format!("resume-{count}"));
        let log = fill::open(fill::options(&folder))?;
        let (rare_client, topic) = (fill::client(RARE_CLIENT)?, fill::topic("orders/1")?);
        let every = count / BEHIND;
        fill::fill(&log, count, |number| {
            Ok(match number {
                number if number % every == every / 2 => rare_client.clone(),
                number if number % 2 == 0 => topic.clone(),
                _ => Audience::Everyone,
            })
        })?;
        Ok(Self {
            count,
            folder,
            log: Some(log),
            near: Reads::default(),
            spread: Reads::default(),
        })
    }

    fn read(&mut self) -> Result<()> {
        let log = self.log.as_ref().context("a log that is open")?;
        self.near
            .note(log, &subscriptions()?, self.count - BEHIND)?;
        let inbox = Subscriptions {
            client: Some(ClientId::parse(RARE_CLIENT)?),
            ..Subscriptions::default()
        };
        self.spread.note(log, &inbox, 0)
    }

    /// Closes the log, and starts a server on it.
    fn serve(mut self, setting: &Setting) -> Result<Served> {
        self.log = None;
        let cursor = stream::cursor(&self.folder, self.count - BEHIND)?;
        let server = Server::start(setting, &self.folder, &[])?;
        Ok(Served {
            path: format!("/sse?client_id=bench&topic=orders/1&since={cursor}"),
            stored: self,
            server,
            micros: Vec::new(),
        })
    }
}

fn subscriptions() -> Result<Subscriptions> {
    Ok(Subscriptions {
        client: Some(ClientId::parse("bench")?),
        everyone: true,
        filters: vec![TopicFilter::parse("orders/1")?],
        access: TopicAccess::default(),
    })
}

impl Reads {
    fn note(&mut self, log: &Log, subscriptions: &Subscriptions, after: u64) -> Result<()> {
        let began = Instant::now();
        let page = log.read(subscriptions, after, None, PageLimit::default())?;
        self.micros.push(began.elapsed().as_secs_f64() * 1e6);
        let found = page.messages.len() as u64;
        ensure!(found == BEHIND, "{found} messages instead of {BEHIND}");
        self.rows = page.rows_read;
        Ok(())
    }

    fn row(&self, name: String, least: &Self, count: u64) -> Row {
        let row = Row::new(name, median(&self.micros), "us");
        let count = number(count as f64);
        let note = format!("{} rows read, {} of {count}", self.rows, least.rows);
        row.against(format!("of {count}"), median(&least.micros))
            .note(note)
    }
}

impl Served {
    /// From the connect to the last of the ten.
    fn resume(&mut self, runtime: &Runtime) -> Result<()> {
        let began = Instant::now();
        let count = self.stored.count;
        let stream = stream::read_until(self.server.address(), &self.path, count - BEHIND, count);
        let seen = runtime.block_on(stream)?;
        self.micros.push(began.elapsed().as_secs_f64() * 1e6);
        ensure!(
            seen.messages == BEHIND,
            "{} instead of {BEHIND} came",
            seen.messages
        );
        Ok(())
    }

    fn rows(&self, smallest: &Self) -> [Row; 3] {
        let (own, least) = (&self.stored, &smallest.stored);
        let name = |what: &str| format!("{what}, {} stored", number(own.count as f64));
        let over_http = Row::new(
            name("ten from the end over HTTP, connect to last"),
            median(&self.micros),
            "us",
        );
        let of = format!("of {}", number(least.count as f64));
        [
            own.near
                .row(name("ten from the end"), &least.near, least.count)
                .at_most_times(TARGET),
            over_http
                .against(of, median(&smallest.micros))
                .at_most_times(TARGET),
            own.spread
                .row(name("ten spread over all"), &least.spread, least.count),
        ]
    }
}
