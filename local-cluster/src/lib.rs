//! A cluster on this machine, made of real processes: [`NatsServers`], each [`Node`] of Tidings, and a [`Balancer`] in
//! front of them. The tests use it to kill, to stop and to cut off parts. The program `local-cluster` starts one to try.
//!
//! ```no_run
//! use local_cluster::{Balancer, NatsOptions, NatsServers, Node, NodeOptions};
//!
//! # fn main() -> anyhow::Result<()> {
//! let nats = NatsServers::start(3, NatsOptions::default())?;
//! let node = |name: &str| {
//!     let folder = std::env::temp_dir().join(name);
//!     Node::start(NodeOptions::new("target/debug/tidings", folder).args(["--cluster", &nats.url_list()]))
//! };
//! let nodes = [node("a")?, node("b")?];
//! let balancer = Balancer::start(0, nodes.iter().map(Node::address))?;
//! println!("{}", balancer.url());
//! nodes[0].kill()?;
//! nats.cut_off(2);
//! # Ok(())
//! # }
//! ```
//!
//! Functions that wait block the thread, for a minute at most. All processes end when their owner is dropped, and when
//! this process ends in any way.

mod background;
mod balancer;
mod http;
mod nats_link;
mod nats_servers;
mod node;
mod patience;
mod port;
mod process;
mod proxy;

pub use balancer::Balancer;
pub use nats_link::NatsLink;
pub use nats_servers::{NatsOptions, NatsServers, SavedStores, SyncInterval};
pub use node::{Node, NodeOptions};
pub use port::free_port;
