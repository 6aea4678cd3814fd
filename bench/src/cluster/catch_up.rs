//! A node catches up with many messages: by following the stream from its beginning, and by a copy of the log of another
//! node.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use tokio::runtime::Runtime;

use super::{
    batch_load::{self, Until},
    nodes::Nodes,
    raw_stream::RawStream,
};
use crate::{
    Setting,
    report::{Row, number},
};

/// The messages, and the messages with `--full`.
const MESSAGES: usize = 100_000;
const FULL_MESSAGES: usize = 1_000_000;

/// Publishers that fill the logs, and the messages of a request.
const PUBLISHERS: usize = 4;
const BATCH: usize = 1_000;

/// The node that catches up.
const JOINING: usize = 2;

/// The target in seconds, for a million messages.
const TARGET: f64 = 30.0;

/// Flags of the nodes: no pings, and nothing is removed.
const FLAGS: [&str; 4] = ["--heartbeat", "3600", "--max-log-mb", "65536"];

/// Measures both ways once.
pub fn measure(setting: &Setting, runtime: &Runtime) -> Result<Vec<Row>> {
    let messages = if setting.full {
        FULL_MESSAGES
    } else {
        MESSAGES
    };
    let nodes = Nodes::start(setting, "catch-up", &FLAGS)?;
    let stream = runtime.block_on(RawStream::make(nodes.nats()))?;
    nodes.node(JOINING).terminate()?;
    let addresses = &nodes.addresses()[..JOINING];
    let until = Until::Batches(messages / (PUBLISHERS * BATCH));
    runtime.block_on(batch_load::send(addresses, PUBLISHERS, BATCH, until))?;
    for node in 0..JOINING {
        until_complete(&nodes, node, messages)?;
    }
    let stored = runtime.block_on(stream.of_nodes())?;

    let followed = start(&nodes, messages)?;
    nodes.node(JOINING).terminate()?;
    nodes.delete_data(JOINING)?;
    runtime.block_on(stream.purge_of_nodes())?;
    let copied = start(&nodes, messages)?;

    let row = |how: &str, seconds: f64| {
        let messages = number(messages as f64);
        let name =
            format!("cluster: start of a node until it is ready with {messages} messages, {how}");
        let row = Row::new(name, seconds, "s");
        let row = if setting.full {
            row.at_most(TARGET)
        } else {
            row
        };
        row.note("2.5 s of it: listening for a node of the same name")
    };
    let records = number(stored.records as f64);
    Ok(vec![
        row("by following the stream", followed).note(format!("{records} records")),
        row("by a copy, after the records were deleted", copied),
    ])
}

/// Starts the node. Returns the seconds until it says that it is ready, and fails if it does not have all messages then.
fn start(nodes: &Nodes, messages: usize) -> Result<f64> {
    let began = Instant::now();
    let node = nodes.node(JOINING);
    node.start_again()?;
    node.until_ready()?;
    let seconds = began.elapsed().as_secs_f64();
    let found = count(nodes, JOINING)?;
    ensure!(
        found == messages,
        "the node says that it is ready, and has {found} of {messages} messages"
    );
    Ok(seconds)
}

/// Waits until a node has applied all messages.
fn until_complete(nodes: &Nodes, node: usize, messages: usize) -> Result<()> {
    let began = Instant::now();
    while count(nodes, node)? < messages {
        ensure!(
            began.elapsed() < Duration::from_secs(60),
            "a node does not have all messages after a minute"
        );
        sleep(Duration::from_millis(100));
    }
    Ok(())
}

fn count(nodes: &Nodes, node: usize) -> Result<usize> {
    let count = nodes.ask_log(node, "SELECT count(*) FROM messages WHERE seq > ?1", 0)?;
    Ok(usize::try_from(count)?)
}
