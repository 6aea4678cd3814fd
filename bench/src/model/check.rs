//! A run with three nodes and 15,000 streams, compared with what was computed for it.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::Result;
use tokio::{runtime::Runtime, task::JoinSet};

use super::{costs::Costs, direct_pushes, prediction::Demand};
use crate::{
    Setting,
    cluster::nodes::{COUNT, Nodes},
    payload,
    report::{Row, number},
    stage::Stage,
};

/// Streams, spread over the nodes.
const STREAMS: usize = 15_000;

/// Streams that get one message alone, the pushes in a request, and the time between two requests at a node.
const PUSHED: usize = 9_000;
const BATCH: usize = 10;
const EVERY: Duration = Duration::from_millis(30);

/// Messages to all, one per second.
const MESSAGES: u64 = 9;

/// The time for memory to settle, and for the last positions to be written.
const SETTLE: Duration = Duration::from_secs(3);

/// The values of the run: processor time in seconds, memory in bytes.
struct Measured {
    seconds: f64,
    requests: f64,
    nodes_cpu: f64,
    nats_cpu: f64,
    memory: f64,
}

/// Runs it once.
pub fn measure(setting: &Setting, runtime: &Runtime, costs: &Costs) -> Result<[Row; 3]> {
    let nodes = Nodes::start(setting, "check", &[])?;
    let mut stage = Stage::before(nodes.as_server(COUNT)?, setting, false)?;
    stage.kept = true;
    stage.open(STREAMS)?;
    stage.push_and_wait(1)?;
    sleep(SETTLE);
    let measured = run(runtime, &nodes, &mut stage)?;
    Ok(rows(costs, &measured))
}

fn run(runtime: &Runtime, nodes: &Nodes, stage: &mut Stage) -> Result<Measured> {
    stage.listeners.clear()?;
    let memory = nodes.memory().iter().sum::<f64>();
    let nodes_cpu = || nodes.cpu_seconds().iter().sum::<f64>();
    let (cpu_before, nats_before) = (nodes_cpu(), nodes.nats_cpu_seconds());
    let began = Instant::now();
    let mut pushes = JoinSet::new();
    let each = PUSHED / COUNT;
    for (node, address) in nodes.addresses().into_iter().enumerate() {
        let listeners = node * each..(node + 1) * each;
        let push = direct_pushes::send(address, listeners, 1, BATCH, Some(EVERY));
        pushes.spawn_on(push, runtime.handle());
    }
    for second in 0..MESSAGES {
        let due = Duration::from_secs(second);
        sleep(due.saturating_sub(began.elapsed()));
        stage.push(payload::now())?;
    }
    let mut requests = MESSAGES as usize;
    while let Some(done) = runtime.block_on(pushes.join_next()) {
        requests += done??;
    }
    stage.wait(MESSAGES)?;
    stage.until(|tally| tally.own >= PUSHED as u64)?;
    stage.verify(MESSAGES, PUSHED as u64)?;
    sleep(SETTLE);
    Ok(Measured {
        seconds: began.elapsed().as_secs_f64(),
        requests: requests as f64,
        nodes_cpu: nodes_cpu() - cpu_before,
        nats_cpu: nodes.nats_cpu_seconds() - nats_before,
        memory,
    })
}

fn rows(costs: &Costs, measured: &Measured) -> [Row; 3] {
    let seconds = measured.seconds;
    let pushes = PUSHED as f64 + MESSAGES as f64;
    let demand = Demand {
        nodes: COUNT as f64,
        streams: STREAMS as f64,
        requests: measured.requests / seconds,
        pushes: pushes / seconds,
        direct: PUSHED as f64 / seconds,
        broad: (MESSAGES as usize * STREAMS) as f64 / seconds,
        rows: PUSHED as f64 / seconds,
    };
    let cpu = costs.node_cpu(&demand);
    let row = |what: &str, measured: f64, predicted: f64, unit| {
        let streams = number(STREAMS as f64);
        let name = format!("model: {what}, three nodes, {streams} streams");
        Row::new(name, measured, unit).against("predicted", predicted)
    };
    let percent = 100.0 / seconds;
    let per_node = 1.0 / COUNT as f64;
    let load = format!(
        "{} pushes/s in {} requests/s, {} deliveries/s",
        number(demand.pushes),
        number(demand.requests),
        number(demand.direct + demand.broad)
    );
    let parts = [cpu.pushes, cpu.positions, cpu.own].map(|part| number(part * 100.0));
    let mb = f64::from(1 << 20);
    [
        row(
            "CPU of a node",
            measured.nodes_cpu * per_node * percent,
            cpu.total() * 100.0,
            "% of a core",
        )
        .note(load)
        .note(format!(
            "predicted: pushes {}, positions {}, own {}",
            parts[0], parts[1], parts[2]
        )),
        row(
            "CPU of the nats-servers together",
            measured.nats_cpu * percent,
            costs.nats_cpu(&demand) * 100.0,
            "% of a core",
        ),
        row(
            "memory of a node",
            measured.memory * per_node / mb,
            costs.node_memory(&demand) / mb,
            "MB",
        ),
    ]
}
