//! Who is measured: the floor, Tidings, and the peers. How each is started, where its streams are, and how
//! it is asked to push.

mod tidings;

use std::{any::Any, net::SocketAddr};

use anyhow::{Context, Result};

use crate::{
    Setting, floor, http,
    load::orders::Target,
    part::Part,
    payload::{self, Lane, Stamp},
    processes::Processes,
};

/// Kinds of servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Floor,
    Tidings,
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
    processes: Processes,
}

/// What each kind of server gives of itself when it is started.
struct Started {
    address: SocketAddr,
    /// The number of its first process.
    process: u32,
    /// What runs, and what it lies on: both end with this.
    _running: Box<dyn Any>,
}

impl Kind {
    /// Its name in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::Tidings => "Tidings",
        }
    }

    /// Whether a message that is lost, comes twice or out of order ends the run. Of peers it is noted.
    pub fn has_to_be_exact(self) -> bool {
        matches!(self, Self::Floor | Self::Tidings)
    }

    /// Starts one, with nothing in it.
    pub fn start(self, setting: &Setting) -> Result<Contender> {
        let started = match self {
            Self::Floor => start_floor(),
            Self::Tidings => tidings::start(setting),
        };
        let started = started.with_context(|| format!("can't start {}", self.name()))?;
        let processes = Processes::of(started.process);
        Ok(Contender {
            kind: self,
            started,
            processes,
        })
    }
}

fn start_floor() -> Result<Started> {
    let mut part = Part::start([floor::PART])?;
    Ok(Started {
        address: part.line()?.parse()?,
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
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.started.address
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
        };
        Target {
            address: self.started.address,
            path: path.to_owned(),
            greeting: greeting.map(str::to_owned),
            cursors,
        }
    }

    /// Writes the request that pushes a message: to all listeners, or to the one of a number. `kept`: the
    /// message is kept in the log, where there is one.
    pub fn push(
        &self,
        whom: Option<usize>,
        stamp: (u64, u64),
        size: usize,
        kept: bool,
        out: &mut Vec<u8>,
    ) {
        let (number, sent) = stamp;
        let lane = if whom.is_some() { Lane::Own } else { Lane::All };
        let stamp = Stamp { lane, number, sent };
        let mut body = Vec::with_capacity(size + 128);
        let (path, kind) = match self.kind {
            Kind::Floor => {
                stamp.write(size, &mut body);
                let path = whom.map_or_else(|| "/push".to_owned(), |to| format!("/push/{to}"));
                (path, "text/plain")
            }
            Kind::Tidings => {
                match whom {
                    Some(to) => {
                        body.extend_from_slice(br#"{"to":{"client":""#);
                        body.extend_from_slice(payload::client(to).as_bytes());
                        body.extend_from_slice(br#""},"data":""#);
                    }
                    None => body.extend_from_slice(br#"{"to":{"topic":"all"},"data":""#),
                }
                stamp.write(size, &mut body);
                let end: &[u8] = if kept { br#""}"# } else { br#"","ttl":0}"# };
                body.extend_from_slice(end);
                ("/push".to_owned(), "application/json")
            }
        };
        let head = http::post(&path, self.started.address, kind, body.len());
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(&body);
    }

    /// Seconds of processor time that it has used.
    pub fn cpu_seconds(&self) -> f64 {
        self.processes.cpu_seconds()
    }

    /// Bytes of memory that are its own (PSS).
    pub fn memory(&self) -> f64 {
        self.processes.memory()
    }
}
