//! What single steps cost on this machine, measured in one cluster: its first node has all streams and takes all pushes,
//! and the others only follow.

use std::{thread::sleep, time::Duration};

use anyhow::Result;
use tokio::runtime::Runtime;

use super::{
    direct_pushes,
    push_run::{Bench, IdleCpu, PushRun, Shape, Used},
    solve::solve,
};
use crate::{
    Setting,
    cluster::{idle::Idle, nodes::Nodes, raw_stream::RawStream},
    stage::Stage,
};

/// Streams at the first node.
const STREAMS: usize = 9_000;

/// Streams that are opened and closed first, so that one-time costs are not counted.
const FIRST: usize = 100;

/// The time for memory to settle, and the duration of the messages to all.
const SETTLE: Duration = Duration::from_secs(3);
const SPAN: Duration = Duration::from_secs(3);

/// Pushes to each stream alone, and the pushes in a batch.
const ROUNDS: u64 = 2;
const BATCH: usize = 100;

/// Processor time in seconds, and memory in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Costs {
    /// A record and a push in it, at each node.
    pub record: f64,
    pub push: f64,
    /// A request and a push in it, at the node that takes them, in addition.
    pub request: f64,
    pub taken: f64,
    /// A row of a client's position, at each node.
    pub row: f64,
    /// A message to all, for each stream, and a message to one client, at the node of the stream.
    pub delivery: f64,
    pub direct: f64,
    /// A new stream.
    pub opening: f64,
    /// What a node and a stream at it use while idle, per second.
    pub idle_node: f64,
    pub idle_stream: f64,
    /// A node without streams, a stream at its node, and a stream at each other node.
    pub node_memory: f64,
    pub stream_memory: f64,
    pub foreign_memory: f64,
    pub nats: NatsCosts,
    /// Records per second of a node that publishes the next one when the last one has come back.
    pub records_per_second: f64,
}

/// Of all nats-servers together.
#[derive(Clone, Copy, Debug, Default)]
pub struct NatsCosts {
    /// Per second, while idle.
    pub idle: f64,
    /// A record and a push in it, without followers.
    pub record: f64,
    pub push: f64,
    /// The same for each node that follows.
    pub record_follower: f64,
    pub push_follower: f64,
    /// Bytes of the stream for a record and for a push.
    pub record_bytes: f64,
    pub push_bytes: f64,
}

/// Starts a cluster and measures all costs.
pub fn measure(setting: &Setting, runtime: &Runtime) -> Result<Costs> {
    let nodes = Nodes::start(setting, "costs", &[])?;
    let stream = runtime.block_on(RawStream::make(nodes.nats()))?;
    let bench = Bench {
        runtime,
        nodes: &nodes,
        stream: &stream,
    };
    let mut costs = Costs::default();
    sleep(SETTLE);
    let idle = Idle::measure(&nodes);
    (costs.idle_node, costs.nats.idle) = (idle.node_cpu, 3.0 * idle.nats_cpu);
    let mut stage = Stage::before(nodes.as_server(1)?, setting, false)?;
    stage.kept = true;
    costs.note_streams(&mut stage, &nodes, idle)?;
    costs.note_deliveries(&mut stage)?;
    let idle = IdleCpu {
        first: costs.idle_node + STREAMS as f64 * costs.idle_stream,
        other: costs.idle_node,
        nats: costs.nats.idle,
    };
    let singles = bench.push(Shape::OneByOne, idle)?;
    let batches = bench.push(Shape::InBatches, idle)?;
    costs.note_pushes(singles, batches);
    costs.note_rows(&bench, &mut stage, idle)?;
    drop(stage);
    for node in 1..3 {
        nodes.node(node).terminate()?;
    }
    sleep(SETTLE);
    let alone = bench.push(Shape::OneByOne, idle)?;
    let alone_batches = bench.push(Shape::InBatches, idle)?;
    costs.note_nats((singles, batches), (alone, alone_batches));
    Ok(costs)
}

impl Costs {
    /// Streams that have had one message each.
    fn note_streams(&mut self, stage: &mut Stage, nodes: &Nodes, idle: Idle) -> Result<()> {
        stage.open(FIRST)?;
        stage.push_and_wait(1)?;
        stage.listeners.close(0)?;
        sleep(SETTLE);
        let (none, used) = (nodes.memory(), stage.server.cpu_seconds());
        stage.open(STREAMS)?;
        let streams = STREAMS as f64;
        self.opening = (stage.server.cpu_seconds() - used) / streams;
        stage.push_and_wait(1)?;
        sleep(SETTLE);
        let with = nodes.memory();
        self.node_memory = none.iter().sum::<f64>() / none.len() as f64;
        self.stream_memory = ((with[0] - none[0]) / streams).max(0.0);
        let foreign = (with[1] - none[1] + with[2] - none[2]) / 2.0;
        self.foreign_memory = (foreign / streams).max(0.0);
        let used = nodes.cpu_seconds()[0];
        sleep(SETTLE);
        let used = (nodes.cpu_seconds()[0] - used) / SETTLE.as_secs_f64();
        self.idle_stream = ((used - idle.node_cpu) / streams).max(0.0);
        Ok(())
    }

    fn note_deliveries(&mut self, stage: &mut Stage) -> Result<()> {
        let closed = stage.closed_loop(SPAN)?;
        self.delivery = closed.cpu_per_event / 1e6;
        Ok(())
    }

    /// Pushes one by one have a record for each, and batches have large records.
    fn note_pushes(&mut self, singles: PushRun, batches: PushRun) {
        self.records_per_second = singles.requests_per_second;
        let of = |run: PushRun| run.by_record(run.used.other);
        (self.record, self.push) = solve(of(singles), of(batches));
        let of = |run: PushRun| run.by_request((run.used.first - run.used.other).max(0.0));
        (self.request, self.taken) = solve(of(singles), of(batches));
    }

    /// Pushes to each stream, each of which moves the position of its client.
    fn note_rows(&mut self, bench: &Bench<'_>, stage: &mut Stage, idle: IdleCpu) -> Result<()> {
        let (mut first, mut other) = (0.0, 0.0);
        for number in 1..=ROUNDS {
            stage.listeners.clear()?;
            let mut requests = 0;
            let used = bench.used(idle, || {
                let address = bench.nodes.node(0).address();
                let query = "SELECT coalesce(max(seq), 0) FROM messages WHERE seq > ?1";
                let head = bench.nodes.ask_log(2, query, 0)?;
                let pushes = direct_pushes::send(address, 0..STREAMS, number, BATCH, None);
                requests = bench.runtime.block_on(pushes)?;
                until_written(bench.nodes, head)
            })?;
            stage.until(|tally| tally.own >= STREAMS as u64)?;
            stage.verify(0, STREAMS as u64)?;
            let streams = STREAMS as f64;
            let applied = used.records * self.record + streams * self.push;
            other += used.other - applied;
            let taken = requests as f64 * self.request + streams * self.taken;
            first += used.first - applied - taken;
        }
        let count = STREAMS as f64 * ROUNDS as f64;
        self.row = (other / count).max(0.0);
        self.direct = (first / count - self.row).max(0.0);
        Ok(())
    }

    /// `three` followers, and `one`.
    fn note_nats(&mut self, three: (PushRun, PushRun), one: (PushRun, PushRun)) {
        let nats = |used: &Used| used.nats;
        let bytes = |used: &Used| used.bytes;
        let both = |runs: (PushRun, PushRun), of: fn(&Used) -> f64| {
            let of = |run: PushRun| run.by_record(of(&run.used));
            solve(of(runs.0), of(runs.1))
        };
        let (three_records, three_pushes) = both(three, nats);
        let (one_record, one_push) = both(one, nats);
        let nats = &mut self.nats;
        nats.record_follower = ((three_records - one_record) / 2.0).max(0.0);
        nats.push_follower = ((three_pushes - one_push) / 2.0).max(0.0);
        nats.record = (three_records - 3.0 * nats.record_follower).max(0.0);
        nats.push = (three_pushes - 3.0 * nats.push_follower).max(0.0);
        (nats.record_bytes, nats.push_bytes) = both(three, bytes);
    }
}

/// Waits until the last node has a newer position of each client.
fn until_written(nodes: &Nodes, head: i64) -> Result<()> {
    let began = std::time::Instant::now();
    let query = "SELECT count(*) FROM clients WHERE sent > ?1";
    while nodes.ask_log(2, query, head)? < STREAMS as i64 {
        let waited = began.elapsed();
        anyhow::ensure!(
            waited < Duration::from_secs(60),
            "the positions of clients were not written"
        );
        sleep(Duration::from_millis(100));
    }
    Ok(())
}
