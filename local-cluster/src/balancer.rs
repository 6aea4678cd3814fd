//! A load balancer: one port in front of several nodes.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
};

use anyhow::Result;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

use crate::background::{Background, listen};

/// Gives each new connection to the next node that takes it. A node that refuses is skipped, and this is counted.
pub struct Balancer {
    address: SocketAddr,
    shared: Arc<Shared>,
    _accepting: Background,
}

struct Shared {
    nodes: Vec<Target>,
    next: AtomicUsize,
    unserved: AtomicU64,
}

struct Target {
    address: SocketAddr,
    in_service: AtomicBool,
    refused: AtomicU64,
    open: AtomicU64,
    /// The number of times that its connections were cut.
    cuts: watch::Sender<u64>,
}

impl Balancer {
    /// Listens on a port of the loopback address. 0 is any port.
    pub fn start(port: u16, nodes: impl IntoIterator<Item = SocketAddr>) -> Result<Self> {
        let (listener, address) = listen(port)?;
        let nodes = nodes.into_iter().map(Target::new).collect();
        let shared = Arc::new(Shared {
            nodes,
            next: AtomicUsize::new(0),
            unserved: AtomicU64::new(0),
        });
        let accepting = Background::run(accept(listener, Arc::clone(&shared)));
        Ok(Self {
            address,
            shared,
            _accepting: accepting,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of its root, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Gives a node no new connections, or gives it some again. Its open connections stay.
    pub fn set_in_service(&self, node: usize, in_service: bool) {
        let target = &self.shared.nodes[node];
        target.in_service.store(in_service, Ordering::Relaxed);
    }

    /// Closes all connections of a node, on both sides.
    pub fn cut(&self, node: usize) {
        self.shared.nodes[node].cuts.send_modify(|cuts| *cuts += 1);
    }

    /// The number of open connections of a node.
    pub fn open(&self, node: usize) -> u64 {
        self.shared.nodes[node].open.load(Ordering::Relaxed)
    }

    /// How often a node did not take a connection.
    pub fn refused(&self, node: usize) -> u64 {
        self.shared.nodes[node].refused.load(Ordering::Relaxed)
    }

    /// The number of connections that were closed because no node took them.
    pub fn unserved(&self) -> u64 {
        self.shared.unserved.load(Ordering::Relaxed)
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        for node in 0..self.shared.nodes.len() {
            self.cut(node);
        }
    }
}

impl Target {
    fn new(address: SocketAddr) -> Self {
        Self {
            address,
            in_service: AtomicBool::new(true),
            refused: AtomicU64::new(0),
            open: AtomicU64::new(0),
            cuts: watch::Sender::new(0),
        }
    }
}

impl Shared {
    /// Connects to the next node that takes the connection.
    async fn connect(&self) -> Option<(&Target, TcpStream)> {
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        let count = self.nodes.len();
        let nodes = (first..first + count).map(|number| &self.nodes[number % count]);
        for node in nodes.filter(|node| node.in_service.load(Ordering::Relaxed)) {
            match TcpStream::connect(node.address).await {
                Ok(stream) => return Some((node, stream)),
                Err(_) => node.refused.fetch_add(1, Ordering::Relaxed),
            };
        }
        self.unserved.fetch_add(1, Ordering::Relaxed);
        None
    }

    async fn serve(&self, mut client: TcpStream) -> io::Result<()> {
        let Some((node, mut server)) = self.connect().await else {
            return Ok(());
        };
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let mut cuts = node.cuts.subscribe();
        node.open.fetch_add(1, Ordering::Relaxed);
        tokio::select! {
            _ = copy_bidirectional(&mut client, &mut server) => {}
            _ = cuts.changed() => {}
        }
        node.open.fetch_sub(1, Ordering::Relaxed);
        Ok(())
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        // An error is one of a single connection, or of too many open files, which may get better.
        if let Ok((client, _)) = listener.accept().await {
            let shared = Arc::clone(&shared);
            tokio::spawn(async move { shared.serve(client).await });
        } else {
            tokio::task::yield_now().await;
        }
    }
}
