//! A TCP proxy that can hold back what passes through it.

use std::net::{Ipv4Addr, SocketAddr};

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

/// Passes on what arrives here to a port of this machine. It ends when this is dropped.
pub struct Proxy {
    address: SocketAddr,
    open: watch::Sender<bool>,
    _accepting: Background,
}

impl Proxy {
    /// A proxy to this port, on any free one.
    pub fn to(port: u16) -> Result<Self> {
        let (listener, address) = listen(0)?;
        let (open, is_open) = watch::channel(true);
        Ok(Self {
            address,
            open,
            _accepting: Background::run(accept(listener, port, is_open)),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets everything pass, or holds it back: neither side gets an error.
    pub fn set_open(&self, open: bool) {
        self.open.send_replace(open);
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
