//! The longest time without an accepted push, while a part of the cluster ends.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use tokio::runtime::Runtime;

use super::nodes::Nodes;
use crate::{
    http::{self, Connection},
    report::Row,
};

/// The time before the fault, and the time of the whole measurement.
const BEFORE: Duration = Duration::from_secs(2);
const SPAN: Duration = Duration::from_secs(16);

/// Measures at the first node. Afterwards the last node is gone.
pub fn measure(runtime: &Runtime, nodes: &Nodes) -> Result<Vec<Row>> {
    let nats = nodes.nats();
    let address = nodes.node(0).address();
    let is_ours = |name: &str| name.starts_with("TIDINGS");
    let leader = || {
        let found = nats
            .stream_leader(0, is_ours)
            .or(nats.stream_leader(1, is_ours));
        found
            .map(|(_, server)| server)
            .context("there is no leader")
    };
    let row = |what: &str, pause: f64, most: f64| {
        let name = format!("cluster: longest time without an accepted push, {what}");
        Row::new(name, pause, "s").at_most(most)
    };
    let killed = leader()?;
    let pause = runtime.block_on(longest_pause(address, || nats.kill(killed)))?;
    let mut rows = vec![row("kill -9 of the stream's leader", pause, 10.0)];
    nats.start_again(killed)?;
    nats.until_ready()?;
    let ended = leader()?;
    let pause = runtime.block_on(longest_pause(address, || nats.terminate(ended)))?;
    rows.push(row("SIGTERM of the stream's leader", pause, 1.0));
    nats.start_again(ended)?;
    nats.until_ready()?;
    let pause = runtime.block_on(longest_pause(address, || nodes.node(2).kill()))?;
    rows.push(row("kill -9 of another node", pause, 1.0));
    Ok(rows)
}

/// The longest time between two accepted pushes around a fault, in seconds. A refused push is sent again.
async fn longest_pause(address: SocketAddr, fault: impl FnOnce() -> Result<()>) -> Result<f64> {
    let body = r#"{"to":{"client":"client-1"},"data":"x"}"#;
    let request = http::post("/push", address, "application/json", body.len()) + body;
    let mut connection = Connection::open(address).await?;
    let (began, mut last) = (Instant::now(), Instant::now());
    let mut longest = Duration::ZERO;
    let mut fault = Some(fault);
    while began.elapsed() < SPAN {
        if began.elapsed() > BEFORE
            && let Some(fault) = fault.take()
        {
            fault()?;
        }
        match connection.ask(request.as_bytes(), |_| {}).await {
            Ok(()) => {
                longest = longest.max(last.elapsed());
                last = Instant::now();
            }
            Err(_) => connection = Connection::open(address).await?,
        }
    }
    // It may not have ended.
    Ok(longest.max(last.elapsed()).as_secs_f64())
}
