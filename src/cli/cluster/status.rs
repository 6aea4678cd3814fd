//! `tidings cluster status`.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use app::wire::{NodeInfo, NodeState, Nodes};
use clap::Args;

use crate::cli::{arguments::Remote, print_note, problem::api_error, runtime::block_on, table};

/// Exit code if a node is not ready or something is weak.
const WEAK: u8 = 1;

/// Exit code if the node did not answer.
const NOT_KNOWN: u8 = 2;

/// The node that is asked.
#[derive(Args)]
pub struct Status {
    #[command(flatten)]
    remote: Remote,

    /// Print the answer of `GET /api/nodes` as JSON.
    #[arg(long)]
    json: bool,
}

/// Asks a node and prints what it says.
pub fn run(status: &Status) -> ExitCode {
    let asked = block_on(async { status.remote.client()?.nodes().await.map_err(api_error) });
    let nodes = match asked {
        Ok(nodes) => nodes,
        Err(error) => {
            print_note(format_args!("{error:#}"));
            return ExitCode::from(NOT_KNOWN);
        }
    };
    let mut out = io::stdout().lock();
    // The exit code says it too: stdout may be closed.
    let _ = match status.json {
        true => serde_json::to_writer(&mut out, &nodes)
            .map_err(io::Error::from)
            .and_then(|()| writeln!(out)),
        false => print(&nodes, &mut out),
    };
    match is_good(&nodes) {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(WEAK),
    }
}

/// Whether all nodes are ready and nothing is weak.
fn is_good(nodes: &Nodes) -> bool {
    let ready = nodes
        .nodes
        .iter()
        .all(|node| node.state == NodeState::Ready);
    let stream = nodes.stream.as_ref();
    ready && stream.is_none_or(|stream| stream.reachable && stream.weaknesses.is_empty())
}

/// The headings of the table.
const HEAD: [&str; 8] = [
    "NODE",
    "STATE",
    "VERSION",
    "LAG",
    "CLIENTS",
    "CONNECTIONS",
    "JANITOR",
    "REASON",
];

fn print(nodes: &Nodes, out: &mut impl Write) -> io::Result<()> {
    table::print(out, HEAD, nodes.nodes.iter().map(row))?;
    let Some(stream) = &nodes.stream else {
        return writeln!(out, "this server is in no cluster");
    };
    let reachable = if stream.reachable {
        "reachable"
    } else {
        "not reachable"
    };
    let leader = stream.leader.as_deref().unwrap_or("none");
    writeln!(
        out,
        "stream {}: {reachable} from {}, leader {leader}, {} copies, {} records so far",
        stream.name, nodes.node, stream.replicas, stream.last
    )?;
    if stream.dropped > 0 {
        writeln!(
            out,
            "{} messages between the nodes were dropped since the start of {}",
            stream.dropped, nodes.node
        )?;
    }
    let weaknesses = stream.weaknesses.iter();
    weaknesses
        .into_iter()
        .try_for_each(|text| writeln!(out, "weak: {text}"))
}

fn row(node: &NodeInfo) -> [String; 8] {
    let state = match node.state {
        NodeState::Ready => "ready",
        NodeState::NotReady => "not ready",
        NodeState::Draining => "draining",
        NodeState::Gone => "gone",
    };
    let janitor = if node.janitor { "yes" } else { "" };
    [
        node.name.clone(),
        state.to_owned(),
        node.version.clone(),
        node.lag.to_string(),
        node.clients.to_string(),
        node.connections.to_string(),
        janitor.to_owned(),
        node.reason.clone().unwrap_or_default(),
    ]
}

#[cfg(test)]
mod tests {
    use app::wire::StreamInfo;

    use super::*;

    fn nodes(state: NodeState, weaknesses: &[&str]) -> Nodes {
        let node = NodeInfo {
            name: "a".to_owned(),
            state,
            version: "1.0.0".to_owned(),
            reason: (state == NodeState::NotReady).then(|| "it is catching up".to_owned()),
            janitor: true,
            ..NodeInfo::default()
        };
        Nodes {
            node: "a".to_owned(),
            nodes: vec![node],
            stream: Some(StreamInfo {
                name: "S".to_owned(),
                reachable: true,
                weaknesses: weaknesses.iter().map(|text| (*text).to_owned()).collect(),
                ..StreamInfo::default()
            }),
        }
    }

    #[test]
    fn a_node_that_is_not_ready_and_a_weakness_are_not_good() {
        assert!(is_good(&nodes(NodeState::Ready, &[])));
        assert!(!is_good(&nodes(NodeState::Gone, &[])));
        assert!(!is_good(&nodes(NodeState::Ready, &["one disk"])));
    }

    #[test]
    fn the_table_has_a_line_for_each_node_and_the_weaknesses() {
        let mut out = Vec::new();
        print(&nodes(NodeState::NotReady, &["one disk"]), &mut out).expect("printed");
        let text = String::from_utf8(out).expect("text");
        let expected = "\
NODE  STATE      VERSION  LAG  CLIENTS  CONNECTIONS  JANITOR  REASON
a     not ready  1.0.0    0    0        0            yes      it is catching up
stream S: reachable from a, leader none, 0 copies, 0 records so far
weak: one disk
";
        assert_eq!(text, expected);
    }
}
