//! Three nats-servers and three nodes on this machine, and what they use.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use local_cluster::{NatsOptions, NatsServers, Node, NodeOptions};
use rusqlite::OpenFlags;

use crate::{
    Setting,
    contender::{self, Contender},
    machine, processes,
};

/// The number of nats-servers, and of nodes.
pub const COUNT: usize = 3;

/// A running cluster.
pub struct Nodes {
    /// They are stopped before the servers that they need.
    nodes: Vec<Node>,
    nats: NatsServers,
    folder: PathBuf,
}

impl Nodes {
    /// Starts a cluster without data in a new folder of this name, with further flags for the nodes. Waits until all
    /// nodes are ready.
    pub fn start(setting: &Setting, name: &str, flags: &[&str]) -> Result<Self> {
        let folder = setting.folder.join(name);
        let options = NatsOptions {
            folder: Some(folder.join("nats")),
            ..NatsOptions::default()
        };
        let nats = NatsServers::start(COUNT, options)?;
        let nodes = (0..COUNT).map(|node| {
            let name = node_name(node);
            let own = [
                ("--node", name.as_str()),
                ("--cluster", &nats.url_list()),
                ("--cluster-monitor", &nats.monitor_list()),
                ("--log", "warn"),
                ("--drain", "0"),
            ];
            let own = own.into_iter().flat_map(|(flag, value)| [flag, value]);
            let options = NodeOptions::new(&setting.server, folder.join(&name));
            // Its address is in a line of its log, which is not there with `warn`.
            let port = local_cluster::free_port()?;
            Node::spawn(options.port(port).args(own).args(flags))
        });
        let nodes: Vec<Node> = nodes.collect::<Result<_>>()?;
        nodes.iter().try_for_each(Node::until_ready)?;
        Ok(Self {
            nodes,
            nats,
            folder,
        })
    }

    /// The nats-servers.
    pub fn nats(&self) -> &NatsServers {
        &self.nats
    }

    /// A node, from 0.
    pub fn node(&self, node: usize) -> &Node {
        &self.nodes[node]
    }

    /// The addresses of the nodes.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.nodes.iter().map(Node::address).collect()
    }

    /// The first nodes as a server with streams.
    pub fn as_server(&self, count: usize) -> Result<Contender> {
        let nodes = self.nodes.iter().take(count);
        contender::of_nodes(nodes.map(|node| (node.address(), node.id())).collect())
    }

    /// Processor time that each node has used, in seconds.
    pub fn cpu_seconds(&self) -> [f64; COUNT] {
        std::array::from_fn(|node| machine::cpu_seconds(self.nodes[node].id()))
    }

    /// Processor time that all nats-servers have used, in seconds.
    pub fn nats_cpu_seconds(&self) -> f64 {
        let servers = (0..COUNT).map(|server| self.nats.id(server));
        servers.map(machine::cpu_seconds).sum()
    }

    /// The memory of each node in bytes (PSS).
    pub fn memory(&self) -> [f64; COUNT] {
        std::array::from_fn(|node| processes::memory(self.nodes[node].id()))
    }

    /// The memory of all nats-servers in bytes (PSS).
    pub fn nats_memory(&self) -> f64 {
        let servers = (0..COUNT).map(|server| self.nats.id(server));
        servers.map(processes::memory).sum()
    }

    /// Deletes the data of a node, which must not run.
    pub fn delete_data(&self, node: usize) -> Result<()> {
        Ok(fs::remove_dir_all(self.data(node))?)
    }

    /// Reads a number from the log of a node by a query with one parameter.
    pub fn ask_log(&self, node: usize, query: &str, parameter: i64) -> Result<i64> {
        let path = self.data(node).join("tidings.sqlite3");
        ask(&path, query, parameter).with_context(|| path.display().to_string())
    }

    fn data(&self, node: usize) -> PathBuf {
        self.folder.join(node_name(node)).join("data")
    }
}

fn node_name(node: usize) -> String {
    format!("node-{}", node + 1)
}

fn ask(path: &Path, query: &str, parameter: i64) -> Result<i64> {
    let conn = rusqlite::Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    conn.busy_timeout(std::time::Duration::from_secs(5))?;
    Ok(conn.query_row(query, [parameter], |row| row.get(0))?)
}
