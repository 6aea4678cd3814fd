//! The cost of a cluster that does nothing, with and without clients.

use std::{thread::sleep, time::Duration};

use anyhow::Result;

use super::nodes::{COUNT, Nodes};
use crate::{
    Setting,
    report::{Row, number},
    stage::Stage,
};

/// Idle clients, spread over the nodes.
const CLIENTS: usize = 3_000;

/// The time for memory to settle, and that of the measurement.
const SETTLE: Duration = Duration::from_secs(3);
const SPAN: Duration = Duration::from_secs(5);

/// What the nodes and the servers use, on average of one.
#[derive(Clone, Copy, Debug)]
pub struct Idle {
    /// Seconds of processor time per second.
    pub node_cpu: f64,
    pub nats_cpu: f64,
    /// Bytes.
    pub node_memory: f64,
    pub nats_memory: f64,
}

/// Measures with default settings, so with pings. There are no rounds, because the durations are fixed.
pub fn measure(setting: &Setting, nodes: &Nodes) -> Result<Vec<Row>> {
    sleep(SETTLE);
    let without = Idle::measure(nodes);
    let mut stage = Stage::before(nodes.as_server(COUNT)?, setting, false)?;
    stage.open(CLIENTS)?;
    sleep(SETTLE);
    let with = Idle::measure(nodes);
    stage.verify(0, 0)?;
    Ok(rows(without, with))
}

impl Idle {
    /// What is used during the span.
    pub fn measure(nodes: &Nodes) -> Self {
        let node = || nodes.cpu_seconds().iter().sum::<f64>();
        let (node_before, nats_before) = (node(), nodes.nats_cpu_seconds());
        sleep(SPAN);
        let per_second = 1.0 / (SPAN.as_secs_f64() * COUNT as f64);
        Self {
            node_cpu: (node() - node_before) * per_second,
            nats_cpu: (nodes.nats_cpu_seconds() - nats_before) * per_second,
            node_memory: nodes.memory().iter().sum::<f64>() / COUNT as f64,
            nats_memory: nodes.nats_memory() / COUNT as f64,
        }
    }
}

fn rows(without: Idle, with: Idle) -> Vec<Row> {
    let clients = number(CLIENTS as f64);
    let cpu = |who: &str, of: fn(&Idle) -> f64| {
        let name = |clients: &str| format!("cluster: CPU of {who}, idle, {clients} clients");
        let figure = |idle: &Idle| of(idle) * 100.0;
        let none = Row::new(name("0"), figure(&without), "% of a core");
        let some = Row::new(name(&clients), figure(&with), "% of a core");
        [none, some.against("of 0 clients", figure(&without))]
    };
    let memory = |who: &str, of: fn(&Idle) -> f64| {
        let name = |clients: &str| format!("cluster: memory of {who}, idle, {clients} clients");
        let figure = |idle: &Idle| of(idle) / f64::from(1 << 20);
        let none = Row::new(name("0"), figure(&without), "MB");
        let some = Row::new(name(&clients), figure(&with), "MB");
        [none, some.against("of 0 clients", figure(&without))]
    };
    [
        cpu("a node", |idle| idle.node_cpu),
        cpu("a nats-server", |idle| idle.nats_cpu),
        memory("a node", |idle| idle.node_memory),
        memory("a nats-server", |idle| idle.nats_memory),
    ]
    .concat()
}
