//! Publishers that send `POST /push/batch` requests and wait for the answers.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context, Result, ensure};

use crate::{
    concurrent::{Load, Timer, client, closed_loop, connect},
    fill,
    http::{self, Connection},
};

/// How long the publishers go on.
#[derive(Clone, Copy, Debug)]
pub enum Until {
    /// For this time.
    Span(Duration),
    /// Until each has sent this many batches.
    Batches(usize),
}

/// Sends batches with this many publishers and this many pushes in each batch, to these servers in turn. The load counts
/// batches.
pub async fn send(
    addresses: &[SocketAddr],
    publishers: usize,
    pushes: usize,
    until: Until,
) -> Result<Load> {
    let mut connections = connect(addresses, publishers).await?;
    let (span, batches) = match until {
        Until::Span(span) => (span, usize::MAX),
        Until::Batches(batches) => (Duration::from_secs(3_600), batches),
    };
    let data = fill::middling();
    closed_loop(publishers, |publisher| {
        let connection = connections.pop();
        let data = Arc::clone(&data);
        async move {
            let (address, mut connection) = connection.context("one for each")?;
            let mut timer = Timer::start(span);
            while timer.count() < batches && timer.goes_on() {
                let first = timer.count() * pushes;
                let lines = (first..first + pushes).map(|push| {
                    let client = client(publisher, push);
                    format!("{{\"to\":{{\"client\":\"{client}\"}},\"data\":\"{data}\"}}\n")
                });
                post(&mut connection, address, &lines.collect::<String>(), pushes).await?;
                timer.done();
            }
            Ok(timer)
        }
    })
    .await
}

/// Sends one batch. All of its pushes must be accepted.
pub async fn post(
    connection: &mut Connection,
    address: SocketAddr,
    lines: &str,
    pushes: usize,
) -> Result<()> {
    let head = http::post("/push/batch", address, "application/x-ndjson", lines.len());
    let mut answers = Vec::with_capacity(pushes * 80);
    let request = head + lines;
    connection
        .ask(request.as_bytes(), |piece| {
            answers.extend_from_slice(piece);
        })
        .await?;
    let accepted = answers.split(|byte| *byte == b'\n');
    let accepted = accepted.filter(|line| line.starts_with(b"{\"id\":\""));
    let accepted = accepted.count();
    ensure!(
        accepted == pushes,
        "{accepted} of {pushes} pushes were accepted: {}",
        String::from_utf8_lossy(&answers)
    );
    Ok(())
}
