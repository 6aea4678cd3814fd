//! The capacity table: the costs computed to larger clusters.

use std::fmt::Write as _;

use super::{costs::Costs, prediction::Demand};
use crate::report::number;

/// Clients, nodes, pushes per second and rows of positions per second.
const CLUSTERS: [(f64, f64, f64, f64); 3] = [
    (60_000.0, 3.0, 5_000.0, 5_000.0),
    (1_000_000.0, 10.0, 20_000.0, 17_000.0),
    (2_000_000.0, 16.0, 50_000.0, 50_000.0),
];

const HEAD: &str = "\
| clients | nodes | pushes/s | positions/s | CPU of each node: pushes, positions, own clients and requests | memory of each node | CPU of the NATS servers together | out of NATS |
|---|---|---|---|---|---|---|---|
";

/// The table as Markdown. Each push is a request of its own and goes to one client that is connected.
pub fn text(costs: &Costs) -> String {
    let mut text = HEAD.to_owned();
    for (clients, nodes, pushes, rows) in CLUSTERS {
        let demand = Demand {
            nodes,
            streams: clients,
            requests: pushes,
            pushes,
            direct: pushes,
            broad: 0.0,
            rows,
        };
        let cpu = costs.node_cpu(&demand);
        let percent = |share: f64| format!("{:.0} %", share * 100.0);
        // Writing to a String can't fail.
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {}, {}, {} of a core | {} MB | {} of a core | {:.1} MB/s |",
            number(clients),
            number(nodes),
            number(pushes),
            number(rows),
            percent(cpu.pushes),
            percent(cpu.positions),
            percent(cpu.own),
            number((costs.node_memory(&demand) / f64::from(1 << 20)).round()),
            percent(costs.nats_cpu(&demand)),
            costs.nats_bytes(&demand) / 1e6,
        );
    }
    text
}
