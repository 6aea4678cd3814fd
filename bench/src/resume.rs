//! Going on ten messages before the end, by how many messages are stored: the cost has to be that of ten.

use std::time::Instant;

use anyhow::{Result, ensure};
use tidings::{
    log::{Log, PageLimit, Subscriptions},
    message::{Audience, ClientId, TopicFilter},
};
use tokio::runtime::Runtime;

use crate::{
    Setting, fill,
    report::{Row, median, number},
    server::Server,
    stream,
};

/// Messages between the cursor and the end.
const BEHIND: u64 = 10;

/// How many times as long as in the smallest log it may take in the largest.
const TARGET: f64 = 1.5;

/// Resumes in one round, over HTTP and without.
const TIMES: (usize, usize) = (50, 500);

/// A client to whom ten messages go, evenly spread over the whole log.
const SELDOM: &str = "seldom";

/// A log, and what it took to resume in it.
struct Stored {
    count: u64,
    server: Server,
    path: String,
    read_micros: Vec<f64>,
    http_micros: Vec<f64>,
    /// Rows that a resume looks at.
    rows: u64,
    /// The same, and the time, for the ten that are spread over all.
    spread: (u64, f64),
}

/// Runs the scenario.
pub fn measure(setting: &Setting, runtime: &Runtime) -> Result<Vec<Row>> {
    let mut stored = Vec::new();
    let counts = [1_000, 100_000, 10_000_000];
    for count in counts.into_iter().take(if setting.full { 3 } else { 2 }) {
        stored.push(store(setting, count)?);
    }
    for _ in 0..setting.rounds {
        for stored in &mut stored {
            stored.resume(runtime)?;
        }
    }
    let smallest = &stored[0];
    Ok(stored
        .iter()
        .flat_map(|stored| stored.rows(smallest))
        .collect())
}

/// Fills a log, measures what needs no server, and starts one on it.
fn store(setting: &Setting, count: u64) -> Result<Stored> {
    let folder = setting.folder.join(format!("resume-{count}"));
    let log = fill::open(fill::options(&folder))?;
    let (seldom, topic) = (fill::client(SELDOM)?, fill::topic("orders/1")?);
    let every = count / BEHIND;
    fill::fill(&log, count, |number| match number {
        number if number % every == every / 2 => seldom.clone(),
        number if number % 2 == 0 => topic.clone(),
        _ => Audience::Everyone,
    })?;
    let mut read_micros = Vec::new();
    let mut rows = 0;
    for _ in 0..setting.rounds {
        let (found, micros) = read(&log, &subscriptions()?, count - BEHIND)?;
        rows = found;
        read_micros.push(micros);
    }
    let inbox = Subscriptions {
        client: Some(ClientId::parse(SELDOM)?),
        ..Subscriptions::default()
    };
    let spread = read(&log, &inbox, 0)?;
    drop(log);
    let cursor = stream::cursor(&folder, count - BEHIND)?;
    Ok(Stored {
        count,
        server: Server::start(&folder, &[])?,
        path: format!("/sse?client_id=bench&topic=orders/1&since={cursor}"),
        read_micros,
        http_micros: Vec::new(),
        rows,
        spread,
    })
}

fn subscriptions() -> Result<Subscriptions> {
    Ok(Subscriptions {
        client: Some(ClientId::parse("bench")?),
        everyone: true,
        filters: vec![TopicFilter::parse("orders/1")?],
    })
}

/// Rows that the log looks at to read the ten after a place, and the microseconds, many times over.
fn read(log: &Log, subscriptions: &Subscriptions, after: u64) -> Result<(u64, f64)> {
    let (mut rows, mut micros) = (0, Vec::new());
    for _ in 0..TIMES.1 {
        let began = Instant::now();
        let page = log.read(subscriptions, after, None, PageLimit::default())?;
        micros.push(began.elapsed().as_secs_f64() * 1e6);
        let found = page.messages.len() as u64;
        ensure!(found == BEHIND, "{found} messages instead of {BEHIND}");
        rows = page.rows_read;
    }
    Ok((rows, median(&micros)))
}

impl Stored {
    /// From the connect to the last of the ten.
    fn resume(&mut self, runtime: &Runtime) -> Result<()> {
        let mut micros = Vec::new();
        for _ in 0..TIMES.0 {
            let began = Instant::now();
            let after = self.count - BEHIND;
            let stream = stream::read_until(self.server.address(), &self.path, after, self.count);
            let seen = runtime.block_on(stream)?;
            micros.push(began.elapsed().as_secs_f64() * 1e6);
            ensure!(
                seen.messages == BEHIND,
                "{} instead of {BEHIND} came",
                seen.messages
            );
        }
        self.http_micros.push(median(&micros));
        Ok(())
    }

    fn rows(&self, smallest: &Self) -> [Row; 3] {
        let name = |what: &str| format!("{what} of {} stored", number(self.count as f64));
        let of = format!("of {}", number(smallest.count as f64));
        let time = |what: &str, micros: f64, least: f64| {
            let row = Row::new(name(what), micros, "us");
            row.against(of.clone(), least)
        };
        let rows = |rows: u64, least: u64| {
            format!(
                "{rows} rows read ({least} of {})",
                number(smallest.count as f64)
            )
        };
        [
            time(
                "ten from the end",
                median(&self.read_micros),
                median(&smallest.read_micros),
            )
            .at_most_times(TARGET)
            .note(rows(self.rows, smallest.rows)),
            time(
                "the same from connect to the last over HTTP",
                median(&self.http_micros),
                median(&smallest.http_micros),
            )
            .at_most_times(TARGET),
            time("ten spread over all", self.spread.1, smallest.spread.1)
                .note(rows(self.spread.0, smallest.spread.0)),
        ]
    }
}
