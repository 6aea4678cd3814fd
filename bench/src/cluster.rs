//! Durable pushes in a cluster of three nodes and three nats-servers on this machine, by the number of publishers that
//! wait for their answers. Compared with raw publishes to a stream of the same durability, and with a server without a
//! cluster. Then what an outage costs.
//!
//! All servers share the processors and the disk of this machine, so the rates are low; a cluster has them for each
//! server.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use async_nats::jetstream::{self, context::ContextBuilder, stream};
use local_cluster::{NatsOptions, NatsServers, Node, NodeOptions};
use tokio::runtime::Runtime;

use crate::{
    Setting,
    concurrent::{Load, Timer, closed_loop, push_over_http},
    fill,
    http::{self, Connection},
    median::median,
    report::{Row, number},
    server::Server,
};

/// Concurrent publishers.
const PUBLISHERS: [usize; 4] = [1, 8, 64, 512];

/// The target: publishers, and the ratio to raw publishes.
const TARGET: (usize, f64) = (64, 10.0);

/// The duration of one variant in one round.
const SPAN: Duration = Duration::from_millis(2_000);

/// The name of the stream of raw publishes.
const RAW: &str = "raw";

/// The results for one number of publishers, for each round.
#[derive(Default)]
struct Reached {
    raw: Vec<Load>,
    one_node: Vec<Load>,
    all_nodes: Vec<Load>,
    alone: Vec<Load>,
}

/// Runs the scenario.
pub fn measure(setting: &Setting, runtime: &Runtime) -> Result<Vec<Row>> {
    let folder = |name: &str| setting.folder.join(name);
    let options = NatsOptions {
        folder: Some(folder("nats")),
        ..NatsOptions::default()
    };
    let nats = NatsServers::start(3, options)?;
    let nodes = start_nodes(setting, &nats)?;
    let addresses: Vec<SocketAddr> = nodes.iter().map(Node::address).collect();
    let alone = Server::start(setting, &folder("alone"), &[])?;
    let raw = runtime.block_on(raw_stream(&nats))?;
    let mut reached: [Reached; PUBLISHERS.len()] = Default::default();
    for _ in 0..setting.rounds {
        for (publishers, reached) in PUBLISHERS.into_iter().zip(&mut reached) {
            reached
                .raw
                .push(runtime.block_on(publish(&raw, publishers))?);
            let push = |addresses: &[SocketAddr]| {
                let addresses = addresses.to_vec();
                runtime.block_on(push_over_http(addresses, publishers, SPAN))
            };
            reached.one_node.push(push(&addresses[..1])?);
            reached.all_nodes.push(push(&addresses)?);
            reached.alone.push(push(&[alone.address()])?);
        }
    }
    let rows = PUBLISHERS.into_iter().zip(&reached);
    let mut rows: Vec<Row> = rows
        .flat_map(|(publishers, reached)| reached.rows(publishers))
        .collect();
    rows.extend(outages(runtime, &nats, &nodes)?);
    Ok(rows)
}

fn start_nodes(setting: &Setting, nats: &NatsServers) -> Result<Vec<Node>> {
    let nodes = (1..=3).map(|number| {
        let name = format!("node-{number}");
        let flags = [
            ("--node", name.as_str()),
            ("--cluster", &nats.url_list()),
            ("--cluster-monitor", &nats.monitor_list()),
            ("--log", "warn"),
            ("--drain", "0"),
            ("--heartbeat", "3600"),
        ];
        let flags = flags.into_iter().flat_map(|(flag, value)| [flag, value]);
        let options = NodeOptions::new(&setting.server, setting.folder.join(&name));
        // Its address is in a line of its log, which is not there with `warn`.
        let port = local_cluster::free_port()?;
        Node::spawn(options.port(port).args(flags))
    });
    let nodes: Vec<Node> = nodes.collect::<Result<_>>()?;
    for node in &nodes {
        node.until_ready()?;
    }
    Ok(nodes)
}

impl Reached {
    fn rows(&self, publishers: usize) -> [Row; 3] {
        let rate = |loads: &[Load]| {
            let rates: Vec<f64> = loads.iter().map(|load| load.rate).collect();
            median(&rates)
        };
        let quantile = |loads: &[Load], share| {
            let of = |load: &Load| load.latencies.quantile(share) / 1_000.0;
            let all: Vec<f64> = loads.iter().map(of).collect();
            number(median(&all))
        };
        let row = |name: &str, loads: &[Load]| {
            let name = format!("cluster: durable pushes, {publishers} publishers, {name}");
            let latencies = format!(
                "p50 {} ms, p99 {} ms",
                quantile(loads, 0.5),
                quantile(loads, 0.99)
            );
            Row::new(name, rate(loads), "/s").note(latencies)
        };
        let raw = || rate(&self.raw);
        let to_raw = |row: Row| {
            let row = row.against("raw publishes, same durability", raw());
            match publishers == TARGET.0 {
                true => row.at_least_times(TARGET.1),
                false => row,
            }
        };
        [
            to_raw(row("at one node", &self.one_node)),
            row("at all nodes", &self.all_nodes).against("raw publishes, same durability", raw()),
            row("at one node", &self.one_node)
                .against("a server without a cluster", rate(&self.alone)),
        ]
    }
}

/// A stream like that of the nodes.
async fn raw_stream(nats: &NatsServers) -> Result<jetstream::Context> {
    let client = async_nats::connect(nats.urls()).await?;
    let context = ContextBuilder::new()
        .timeout(Duration::from_secs(30))
        .build(client);
    let config = stream::Config {
        name: RAW.to_owned(),
        subjects: vec![RAW.to_owned()],
        num_replicas: 3,
        ..stream::Config::default()
    };
    context.create_stream(config).await?;
    Ok(context)
}

/// Publishes of this many tasks that wait for their confirmations.
async fn publish(context: &jetstream::Context, publishers: usize) -> Result<Load> {
    let data = fill::middling();
    closed_loop(publishers, |_| {
        let (context, data) = (context.clone(), Arc::clone(&data));
        async move {
            let mut timer = Timer::start(SPAN);
            while timer.goes_on() {
                let payload = data.as_bytes().to_vec().into();
                context.publish(RAW, payload).await?.await?;
                timer.done();
            }
            Ok(timer)
        }
    })
    .await
}

/// The longest time without an accepted push at the first node, while a part of the cluster ends.
fn outages(runtime: &Runtime, nats: &NatsServers, nodes: &[Node]) -> Result<Vec<Row>> {
    let address = nodes[0].address();
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
    let pause = runtime.block_on(longest_pause(address, || nodes[2].kill()))?;
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
    while began.elapsed() < 8 * SPAN {
        if began.elapsed() > SPAN
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
