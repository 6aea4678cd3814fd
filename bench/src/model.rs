//! What a cluster of a given size needs: the costs of single steps are measured with three nodes on this machine, and
//! computed to larger clusters. A run with three nodes shows how well the sum agrees with what is used.

mod check;
mod costs;
mod direct_pushes;
mod prediction;
mod push_run;
mod solve;
mod table;

use anyhow::Result;
use costs::Costs;
use tokio::runtime::Runtime;

use crate::{Setting, report::Row};

/// Runs the scenario once, and prints the table.
pub fn measure(setting: &Setting, runtime: &Runtime) -> Result<Vec<Row>> {
    let costs = costs::measure(setting, runtime)?;
    println!("\n{}", table::text(&costs));
    let mut rows = rows(&costs);
    match check::measure(setting, runtime, &costs) {
        Ok(checked) => rows.extend(checked),
        Err(error) => setting.notes.add_failure("Model, the run", &error),
    }
    Ok(rows)
}

fn rows(costs: &Costs) -> Vec<Row> {
    let nats = &costs.nats;
    let micros = [
        ("CPU per record, at each node", costs.record),
        ("CPU per push in a record, at each node", costs.push),
        ("CPU per request, at the node that takes it", costs.request),
        (
            "CPU per push in a request, at the node that takes it",
            costs.taken,
        ),
        ("CPU per row of a position, at each node", costs.row),
        ("CPU per delivery of a message to all", costs.delivery),
        ("CPU per delivery of a message to one client", costs.direct),
        ("CPU per new stream", costs.opening),
        ("CPU of an idle stream per second", costs.idle_stream),
        ("CPU of an idle node per second", costs.idle_node),
        ("CPU of idle nats-servers per second", nats.idle),
        ("CPU of the nats-servers per record", nats.record),
        (
            "CPU of the nats-servers per record and node",
            nats.record_follower,
        ),
        ("CPU of the nats-servers per push in a record", nats.push),
        (
            "CPU of the nats-servers per push and node",
            nats.push_follower,
        ),
    ];
    let micros = micros
        .into_iter()
        .map(|(what, seconds)| (what, seconds * 1e6, "us"));
    let others = [
        ("memory of a node without streams", costs.node_memory, "B"),
        ("memory of a stream, at its node", costs.stream_memory, "B"),
        (
            "memory of a stream, at each other node",
            costs.foreign_memory,
            "B",
        ),
        ("bytes of the stream per record", nats.record_bytes, "B"),
        ("bytes of the stream per push", nats.push_bytes, "B"),
        (
            "records of one node, one after the other",
            costs.records_per_second,
            "/s",
        ),
    ];
    micros
        .chain(others)
        .map(|(what, value, unit)| Row::new(format!("model: {what}"), value, unit))
        .collect()
}
