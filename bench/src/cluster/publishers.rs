//! Durable pushes by publishers that wait for their answers, one push at a time and in batches.

use std::time::Duration;

use anyhow::Result;
use tokio::runtime::Runtime;

use super::{
    batch_load::{self, Until},
    nodes::Nodes,
    raw_stream::RawStream,
};
use crate::{
    Setting,
    concurrent::{Load, push_over_http},
    report::{Row, number},
    rounds::middle,
    server::Server,
};

/// Concurrent publishers of single pushes.
const PUBLISHERS: [usize; 4] = [1, 8, 64, 512];

/// Concurrent publishers of batches, and the pushes in a batch.
const BATCH_PUBLISHERS: usize = 64;
const BATCH: usize = 100;

/// The target of pushes in batches: how many times as many as raw publishes.
const TARGET: f64 = 10.0;

/// The duration of one variant in one round.
const SPAN: Duration = Duration::from_millis(2_000);

/// What is measured against.
const RAW: &str = "raw publishes, same durability";
const ALONE: &str = "a server without a cluster";

/// The results of one kind of publishers, for each round.
struct Reached {
    publishers: usize,
    /// The pushes of a request. None: one push, which is not a batch.
    batch: Option<usize>,
    raw: Vec<Load>,
    one_node: Vec<Load>,
    all_nodes: Vec<Load>,
    alone: Vec<Load>,
}

/// Measures all numbers of publishers in turns.
pub fn measure(setting: &Setting, runtime: &Runtime, nodes: &Nodes) -> Result<Vec<Row>> {
    let alone = Server::start(setting, &setting.folder.join("alone"), &[])?;
    let raw = runtime.block_on(RawStream::make(nodes.nats()))?;
    let addresses = nodes.addresses();
    let singles = PUBLISHERS.map(|publishers| Reached::new(publishers, None));
    let batches = Reached::new(BATCH_PUBLISHERS, Some(BATCH));
    let mut all: Vec<Reached> = singles.into_iter().chain([batches]).collect();
    for _ in 0..setting.rounds {
        for reached in &mut all {
            let publishes = raw.publish(reached.publishers, SPAN);
            reached.raw.push(runtime.block_on(publishes)?);
            let push = |addresses| runtime.block_on(reached.push(addresses));
            let one_node = push(&addresses[..1])?;
            let all_nodes = push(&addresses)?;
            let alone = push(&[alone.address()])?;
            reached.one_node.push(one_node);
            reached.all_nodes.push(all_nodes);
            reached.alone.push(alone);
        }
    }
    Ok(all.iter().flat_map(Reached::rows).collect())
}

impl Reached {
    fn new(publishers: usize, batch: Option<usize>) -> Self {
        Self {
            publishers,
            batch,
            raw: Vec::new(),
            one_node: Vec::new(),
            all_nodes: Vec::new(),
            alone: Vec::new(),
        }
    }

    async fn push(&self, addresses: &[std::net::SocketAddr]) -> Result<Load> {
        match self.batch {
            None => push_over_http(addresses.to_vec(), self.publishers, SPAN).await,
            Some(pushes) => {
                batch_load::send(addresses, self.publishers, pushes, Until::Span(SPAN)).await
            }
        }
    }

    /// Pushes per second.
    fn rate(&self, loads: &[Load]) -> f64 {
        middle(loads, |load| load.rate) * self.batch.unwrap_or(1) as f64
    }

    fn rows(&self) -> [Row; 3] {
        let publishers = self.publishers;
        let kind = match self.batch {
            None => format!("durable pushes, {publishers} publishers"),
            Some(pushes) => {
                format!("durable pushes in batches of {pushes}, {publishers} publishers")
            }
        };
        let row = |name: &str, loads: &[Load]| {
            let quantile = |share| {
                number(middle(loads, |load| {
                    load.latencies.quantile(share) / 1_000.0
                }))
            };
            let of = self.batch.map_or("", |_| " of a batch");
            let latencies = format!("p50{of} {} ms, p99 {} ms", quantile(0.5), quantile(0.99));
            let name = format!("cluster: {kind}, {name}");
            Row::new(name, self.rate(loads), "/s").note(latencies)
        };
        let raw = middle(&self.raw, |load| load.rate);
        let to_raw = |row: Row| {
            let row = row.against(RAW, raw);
            match self.batch {
                Some(_) => row.at_least_times(TARGET),
                None => row,
            }
        };
        let why = "no target of 10 times: as many pushes as raw publishes wait for the same stream";
        let one_node = to_raw(row("at one node", &self.one_node));
        let one_node = match (self.batch, publishers) {
            (None, BATCH_PUBLISHERS) => one_node.note(why),
            _ => one_node,
        };
        [
            one_node,
            to_raw(row("at all nodes", &self.all_nodes)),
            row("at one node", &self.one_node).against(ALONE, self.rate(&self.alone)),
        ]
    }
}
