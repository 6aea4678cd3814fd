//! The connections between nats-servers. Each goes through a proxy, which can hold it back.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
};

use anyhow::Result;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

use crate::background::{Background, listen};

/// The proxies between all pairs of servers.
pub struct Routes {
    /// By the server that connects and the server that it connects to.
    proxies: BTreeMap<(usize, usize), Proxy>,
}

struct Proxy {
    address: SocketAddr,
    open: watch::Sender<bool>,
    _accepting: Background,
}

impl Routes {
    /// Proxies between servers with these ports for routes.
    pub fn between(ports: impl IntoIterator<Item = u16>) -> Result<Self> {
        let ports: Vec<u16> = ports.into_iter().collect();
        let mut proxies = BTreeMap::new();
        for from in 0..ports.len() {
            for (to, port) in ports.iter().enumerate().filter(|(to, _)| *to != from) {
                proxies.insert((from, to), Proxy::to(*port)?);
            }
        }
        Ok(Self { proxies })
    }

    /// The addresses to which a server connects to reach the others.
    pub fn of(&self, server: usize) -> Vec<SocketAddr> {
        let proxies = self.proxies.iter().filter(|((from, _), _)| *from == server);
        proxies.map(|(_, proxy)| proxy.address).collect()
    }

    /// Opens or closes all routes of a server.
    pub fn set_open(&self, server: usize, open: bool) {
        let proxies = self.proxies.iter();
        for (_, proxy) in proxies.filter(|((from, to), _)| [*from, *to].contains(&server)) {
            proxy.open.send_replace(open);
        }
    }
}

impl Proxy {
    fn to(port: u16) -> Result<Self> {
        let (listener, address) = listen(0)?;
        let (open, is_open) = watch::channel(true);
        Ok(Self {
            address,
            open,
            _accepting: Background::run(accept(listener, port, is_open)),
        })
    }
}

type Gate = watch::Receiver<bool>;

async fn accept(listener: TcpListener, port: u16, gate: Gate) {
    loop {
        match listener.accept().await {
            Ok((from, _)) => drop(tokio::spawn(carry(from, port, gate.clone()))),
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

async fn carry(from: TcpStream, port: u16, mut gate: Gate) {
    if is_closed_for_ever(&mut gate).await {
        return;
    }
    if let Ok(to) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await {
        let _ = (from.set_nodelay(true), to.set_nodelay(true));
        let (from_read, from_write) = from.into_split();
        let (to_read, to_write) = to.into_split();
        tokio::join!(
            one_way(from_read, to_write, gate.clone()),
            one_way(to_read, from_write, gate)
        );
    }
}

/// Passes on what arrives, and the end. While the gate is closed, everything waits, as in a network that is cut: the
/// senders get no error.
async fn one_way(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut gate: Gate) {
    let mut buffer = vec![0; 64 * 1_024];
    loop {
        let count = from.read(&mut buffer).await.unwrap_or(0);
        if is_closed_for_ever(&mut gate).await || count == 0 {
            return;
        }
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}

/// Waits until the gate is open. True if the proxy is gone.
async fn is_closed_for_ever(gate: &mut Gate) -> bool {
    gate.wait_for(|open| *open).await.is_err()
}
