//! Concurrent tasks that each wait for the end of an operation before they begin the next one.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use tokio::task::JoinSet;

use crate::{
    fill,
    histogram::Histogram,
    http::{self, Connection},
};

/// The number of clients that receive the pushes.
const CLIENTS: usize = 1_000;

/// A rate per second, and latencies.
#[derive(Clone, Debug, Default)]
pub struct Load {
    /// Operations per second of all tasks.
    pub rate: f64,
    /// Operations of all tasks.
    pub count: usize,
    /// The duration of each.
    pub latencies: Histogram,
}

/// The durations of the operations of one task.
pub struct Timer {
    end: Instant,
    began: Instant,
    micros: Vec<u64>,
}

impl Timer {
    /// Begins a span.
    pub fn start(span: Duration) -> Self {
        let now = Instant::now();
        Self {
            end: now + span,
            began: now,
            micros: Vec::new(),
        }
    }

    /// Begins an operation. False if the span is over.
    pub fn goes_on(&mut self) -> bool {
        self.began = Instant::now();
        self.began < self.end
    }

    /// The operation is done.
    pub fn done(&mut self) {
        let micros = self.began.elapsed().as_micros();
        self.micros.push(u64::try_from(micros).unwrap_or(u64::MAX));
    }

    /// Operations so far.
    pub fn count(&self) -> usize {
        self.micros.len()
    }
}

/// Runs this many tasks concurrently.
pub async fn closed_loop<F>(
    publishers: usize,
    mut publisher: impl FnMut(usize) -> F,
) -> Result<Load>
where
    F: Future<Output = Result<Timer>> + Send + 'static,
{
    let began = Instant::now();
    let mut tasks: JoinSet<_> = (0..publishers).map(&mut publisher).collect();
    let mut load = Load::default();
    let mut ended = Vec::new();
    while let Some(done) = tasks.join_next().await {
        let timer = done??;
        load.count += timer.count();
        ended.push(timer);
    }
    load.rate = load.count as f64 / began.elapsed().as_secs_f64();
    let micros = ended.into_iter().flat_map(|timer| timer.micros);
    micros.for_each(|micros| load.latencies.note(micros));
    Ok(load)
}

/// Pushes of this many tasks with a connection each, to these servers in turn.
pub async fn push_over_http(
    addresses: Vec<SocketAddr>,
    publishers: usize,
    span: Duration,
) -> Result<Load> {
    let data = fill::middling();
    let mut connections = connect(&addresses, publishers).await?;
    closed_loop(publishers, |publisher| {
        let connection = connections.pop();
        let data = Arc::clone(&data);
        async move {
            let (address, mut connection) = connection.context("one for each")?;
            let mut timer = Timer::start(span);
            while timer.goes_on() {
                let client = client(publisher, timer.count());
                let body = format!(r#"{{"to":{{"client":"{client}"}},"data":"{data}"}}"#);
                let head = http::post("/push", address, "application/json", body.len());
                connection.ask((head + &body).as_bytes(), |_| {}).await?;
                timer.done();
            }
            Ok(timer)
        }
    })
    .await
}

/// A connection for each publisher, to these servers in turn.
pub async fn connect(
    addresses: &[SocketAddr],
    publishers: usize,
) -> Result<Vec<(SocketAddr, Connection)>> {
    let mut connections = Vec::new();
    for publisher in 0..publishers {
        let address = addresses[publisher % addresses.len()];
        connections.push((address, Connection::open(address).await?));
    }
    Ok(connections)
}

/// The client of one push of a publisher.
pub fn client(publisher: usize, push: usize) -> String {
    format!("client-{}", (publisher + push * 7) % CLIENTS)
}
