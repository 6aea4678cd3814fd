//! Who is measured: the floor, Tidings, and the peers. How each is started, where its streams are, and
//! what it uses. How each is asked to push is said in `requests`.

mod nchan;
pub mod process;
mod pushpin;
mod requests;
mod tidings;
mod tornado;

use std::{any::Any, net::SocketAddr, path::Path};

use anyhow::{Context, Result};
pub use requests::Push;

use crate::{Setting, floor, load::orders::Target, part::Part, processes};

/// Kinds of servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Floor,
    Tidings,
    /// Nchan with one channel that all share.
    NchanShared,
    /// The same and a channel for each client.
    NchanOwn,
    Pushpin,
    Tornado,
}

/// What is measured: a server, and whether what is pushed is kept in its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variant {
    pub kind: Kind,
    pub kept: bool,
}

/// A running server.
pub struct Contender {
    pub kind: Kind,
    started: Started,
}

/// What each kind of server gives of itself when it is started.
struct Started {
    address: SocketAddr,
    /// Where it takes pushes.
    pushes: SocketAddr,
    /// The number of its first process.
    process: u32,
    /// What runs, and what it lies on: both end with this.
    _running: Box<dyn Any>,
}

impl Kind {
    /// All of them, in the order in which they take turns.
    pub const ALL: [Self; 6] = [
        Self::Floor,
        Self::Tidings,
        Self::NchanShared,
        Self::NchanOwn,
        Self::Pushpin,
        Self::Tornado,
    ];

    /// Its name in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::Tidings => "Tidings",
            Self::NchanShared => "Nchan, one channel",
            Self::NchanOwn => "Nchan, own channels",
            Self::Pushpin => "Pushpin",
            Self::Tornado => "Tornado",
        }
    }

    /// Whether it is neither the floor nor Tidings. What a peer loses, or fails at, is noted; what the
    /// others lose fails the run.
    pub fn is_peer(self) -> bool {
        !matches!(self, Self::Floor | Self::Tidings)
    }

    /// Whether it is installed.
    pub fn is_there(self) -> bool {
        match self {
            Self::Floor | Self::Tidings => true,
            Self::NchanShared | Self::NchanOwn => nchan::is_there(),
            Self::Pushpin => pushpin::is_there(),
            Self::Tornado => tornado::is_there(),
        }
    }

    /// Starts one, with nothing in it.
    pub fn start(self, setting: &Setting) -> Result<Contender> {
        let started = match self {
            Self::Floor => start_floor(),
            Self::Tidings => tidings::start(setting),
            Self::NchanShared | Self::NchanOwn => nchan::start(setting),
            Self::Pushpin => pushpin::start(setting),
            Self::Tornado => tornado::start(),
        };
        let started = started.with_context(|| format!("can't start {}", self.name()))?;
        Ok(Contender {
            kind: self,
            started,
        })
    }
}

/// Starts Tidings on a folder that has something in it.
pub fn start_on(setting: &Setting, folder: &Path) -> Result<Contender> {
    Ok(Contender {
        kind: Kind::Tidings,
        started: tidings::start_on(setting, folder)?,
    })
}

fn start_floor() -> Result<Started> {
    let mut part = Part::start([floor::PART])?;
    let address = part.line()?.parse()?;
    Ok(Started {
        address,
        pushes: address,
        process: part.id(),
        _running: Box::new(part),
    })
}

impl Variant {
    /// All that there are of a kind. Only Tidings has a log.
    pub fn of(kind: Kind) -> Vec<Self> {
        let kept: &[bool] = match kind {
            Kind::Tidings => &[false, true],
            _ => &[false],
        };
        kept.iter().map(|&kept| Self { kind, kept }).collect()
    }

    /// Its name in the table.
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
    /// Where its streams are.
    pub fn address(&self) -> SocketAddr {
        self.started.address
    }

    /// Where it takes pushes.
    pub fn pushes(&self) -> SocketAddr {
        self.started.pushes
    }

    /// Whom the load generator listens to.
    pub fn target(&self, cursors: bool) -> Target {
        let (path, greeting) = match self.kind {
            Kind::Floor => ("/sse/{number}", None),
            // The mode of users: a client of its own, a topic of its own, and one that all share.
            Kind::Tidings => (
                "/sse?client_id={client}&topic=of/{client}&topic=all",
                Some("event: welcome"),
            ),
            Kind::NchanShared => ("/sse/all", None),
            Kind::NchanOwn | Kind::Tornado => ("/sse?client_id={client}", None),
            Kind::Pushpin => ("/grip/{client}", None),
        };
        Target {
            address: self.started.address,
            path: path.to_owned(),
            greeting: greeting.map(str::to_owned),
            cursors,
        }
    }

    /// The number of its first process: it may have several.
    pub fn process(&self) -> u32 {
        self.started.process
    }

    /// Seconds of processor time that it has used.
    pub fn cpu_seconds(&self) -> f64 {
        processes::cpu_seconds(self.started.process)
    }

    /// Bytes of memory that are its own (PSS).
    pub fn memory(&self) -> f64 {
        processes::memory(self.started.process)
    }
}
