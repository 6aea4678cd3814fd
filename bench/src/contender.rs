//! The servers to measure: the floor, Tidings, and peers. How each is started, its addresses, and its resource usage.
//! Its push requests are in `requests`.

mod centrifugo;
mod mercure;
mod nchan;
pub mod process;
mod pushpin;
mod requests;
mod tidings;
mod tornado;

use std::{any::Any, net::SocketAddr, path::Path};

use anyhow::{Context, Result, ensure};
use mercure::Transport;
pub use requests::Push;

use crate::{Setting, floor, load::protocol::Target, processes, subprocess::Subprocess};

/// The kinds of servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Floor,
    Tidings,
    /// Nchan with one channel for all clients.
    NchanShared,
    /// The same, and a channel for each client.
    NchanOwn,
    Pushpin,
    Centrifugo,
    /// Mercure's hub, which stores its messages with Bolt.
    MercureBolt,
    /// The same, which stores nothing.
    MercureLocal,
    Tornado,
}

/// What to measure: a server, and whether pushes are stored in its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variant {
    pub kind: Kind,
    pub kept: bool,
}

/// A running server.
pub struct Contender {
    pub kind: Kind,
    started: Started,
    /// Further servers, which share the clients with the first one.
    others: Vec<(SocketAddr, u32)>,
}

/// The result of starting a server.
struct Started {
    address: SocketAddr,
    /// The address for pushes.
    pushes: SocketAddr,
    /// The id of its first process.
    process: u32,
    /// The processes and folders. Dropping them stops the server.
    _running: Box<dyn Any>,
}

impl Kind {
    /// All kinds, in the order of their turns.
    pub const ALL: [Self; 9] = [
        Self::Floor,
        Self::Tidings,
        Self::NchanShared,
        Self::NchanOwn,
        Self::Pushpin,
        Self::Centrifugo,
        Self::MercureBolt,
        Self::MercureLocal,
        Self::Tornado,
    ];

    /// The name in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::Tidings => "Tidings",
            Self::NchanShared => "Nchan, one channel",
            Self::NchanOwn => "Nchan, own channels",
            Self::Pushpin => "Pushpin",
            Self::Centrifugo => "Centrifugo",
            Self::MercureBolt => "Mercure, Bolt",
            Self::MercureLocal => "Mercure, local",
            Self::Tornado => "Tornado",
        }
    }

    /// Whether it is neither the floor nor Tidings. Losses and failures of a peer are noted. Those of the others fail
    /// the run.
    pub fn is_peer(self) -> bool {
        !matches!(self, Self::Floor | Self::Tidings)
    }

    /// Whether it is installed.
    pub fn is_there(self) -> bool {
        match self {
            Self::Floor | Self::Tidings => true,
            Self::NchanShared | Self::NchanOwn => nchan::is_there(),
            Self::Pushpin => pushpin::is_there(),
            Self::Centrifugo => centrifugo::is_there(),
            Self::MercureBolt | Self::MercureLocal => mercure::is_there(),
            Self::Tornado => tornado::is_there(),
        }
    }

    /// Starts a server without data.
    pub fn start(self, setting: &Setting) -> Result<Contender> {
        let started = match self {
            Self::Floor => start_floor(),
            Self::Tidings => tidings::start(setting),
            Self::NchanShared | Self::NchanOwn => nchan::start(setting),
            Self::Pushpin => pushpin::start(setting),
            Self::Centrifugo => centrifugo::start(setting),
            Self::MercureBolt => mercure::start(setting, Transport::Bolt),
            Self::MercureLocal => mercure::start(setting, Transport::Local),
            Self::Tornado => tornado::start(),
        };
        let started = started.with_context(|| format!("can't start {}", self.name()))?;
        Ok(Contender {
            kind: self,
            started,
            others: Vec::new(),
        })
    }
}

/// Starts Tidings on an existing data folder.
pub fn start_on(setting: &Setting, folder: &Path) -> Result<Contender> {
    Ok(Contender {
        kind: Kind::Tidings,
        started: tidings::start_on(setting, folder)?,
        others: Vec::new(),
    })
}

/// Running nodes of a cluster of Tidings, by address and process, as one server. Pushes go to the first one. The nodes
/// are not stopped with it.
pub fn of_nodes(mut nodes: Vec<(SocketAddr, u32)>) -> Result<Contender> {
    ensure!(!nodes.is_empty(), "a cluster has nodes");
    let (address, process) = nodes.remove(0);
    Ok(Contender {
        kind: Kind::Tidings,
        started: Started {
            address,
            pushes: address,
            process,
            _running: Box::new(()),
        },
        others: nodes,
    })
}

fn start_floor() -> Result<Started> {
    let mut subprocess = Subprocess::start([floor::SUBCOMMAND])?;
    let address = subprocess.line()?.parse()?;
    Ok(Started {
        address,
        pushes: address,
        process: subprocess.id(),
        _running: Box::new(subprocess),
    })
}

impl Variant {
    /// All variants of a kind. Only Tidings stores some messages and not others.
    pub fn of(kind: Kind) -> Vec<Self> {
        let kept: &[bool] = match kind {
            Kind::Tidings => &[false, true],
            _ => &[false],
        };
        kept.iter().map(|&kept| Self { kind, kept }).collect()
    }

    /// The name in the table.
    pub fn name(self) -> String {
        let name = self.kind.name();
        match (self.kind, self.kept) {
            (Kind::Tidings, true) => format!("{name}, durable"),
            (Kind::Tidings, false) => format!("{name}, ttl 0"),
            _ => name.to_owned(),
        }
    }
}

impl Contender {
    /// The address for streams.
    pub fn address(&self) -> SocketAddr {
        self.started.address
    }

    /// The address for pushes.
    pub fn pushes(&self) -> SocketAddr {
        self.started.pushes
    }

    /// The streams for the load generator.
    pub fn target(&self, cursors: bool) -> Target {
        let (path, greeting) = match self.kind {
            Kind::Floor => ("/sse/{number}", None),
            // The typical use: each client has its own id, its own topic, and a topic that all share.
            Kind::Tidings => (
                "/sse?client_id={client}&topic=of/{client}&topic=all",
                Some("event: welcome"),
            ),
            Kind::NchanShared => ("/sse/all", None),
            Kind::NchanOwn | Kind::Tornado => ("/sse?client_id={client}", None),
            Kind::Pushpin => ("/grip/{client}", None),
            Kind::Centrifugo => (centrifugo::STREAM, Some(centrifugo::GREETING)),
            Kind::MercureBolt | Kind::MercureLocal => (mercure::STREAM, None),
        };
        Target {
            addresses: self.addresses().collect(),
            path: path.to_owned(),
            greeting: greeting.map(str::to_owned),
            cursors,
            returns: false,
            topics: 1,
        }
    }

    fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        let others = self.others.iter().map(|(address, _)| *address);
        std::iter::once(self.started.address).chain(others)
    }

    fn processes(&self) -> impl Iterator<Item = u32> {
        let others = self.others.iter().map(|(_, process)| *process);
        std::iter::once(self.started.process).chain(others)
    }

    /// The id of its first process. It may have several.
    pub fn process(&self) -> u32 {
        self.started.process
    }

    /// Processor time that it has used, in seconds.
    pub fn cpu_seconds(&self) -> f64 {
        self.processes().map(processes::cpu_seconds).sum()
    }

    /// Its memory in bytes (PSS).
    pub fn memory(&self) -> f64 {
        self.processes().map(processes::memory).sum()
    }
}
