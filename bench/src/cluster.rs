//! A cluster of three nodes and three nats-servers on this machine: durable pushes by the number of publishers, what an
//! outage costs, deliveries, what an idle cluster costs, and how long a node needs to catch up.
//!
//! All servers share the processors and the disk of this machine, so the rates are low; a cluster has them for each
//! server.

pub mod batch_load;
mod catch_up;
mod fan_out;
pub mod idle;
pub mod nodes;
mod outages;
mod publishers;
pub mod raw_stream;

use anyhow::Result;
use nodes::Nodes;
use tokio::runtime::Runtime;

use crate::{Setting, report::Row};

/// Runs the scenario. If a part fails, the others go on.
pub fn measure(setting: &Setting, runtime: &Runtime) -> Result<Vec<Row>> {
    let parts: [(&str, Result<Vec<Row>>); 3] = [
        ("Cluster, pushes", pushes(setting, runtime)),
        ("Cluster, streams", streams(setting)),
        ("Cluster, catch-up", catch_up::measure(setting, runtime)),
    ];
    let mut all = Vec::new();
    for (name, rows) in parts {
        match rows {
            Ok(rows) => all.extend(rows),
            Err(error) => setting.notes.add_failure(name, &error),
        }
    }
    Ok(all)
}

fn pushes(setting: &Setting, runtime: &Runtime) -> Result<Vec<Row>> {
    // No pings, and nothing is removed.
    let flags = ["--heartbeat", "3600", "--max-log-mb", "65536"];
    let nodes = Nodes::start(setting, "pushes", &flags)?;
    let mut rows = publishers::measure(setting, runtime, &nodes)?;
    rows.extend(outages::measure(runtime, &nodes)?);
    Ok(rows)
}

fn streams(setting: &Setting) -> Result<Vec<Row>> {
    let nodes = Nodes::start(setting, "streams", &[])?;
    let mut rows = idle::measure(setting, &nodes)?;
    rows.extend(fan_out::measure(setting, &nodes)?);
    Ok(rows)
}
