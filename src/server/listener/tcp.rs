//! Listening TCP sockets.

use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
};

use tokio::net::{TcpListener, TcpSocket};

use super::error::ListenError;

/// The length of the accept queue. The system may allow less (`net.core.somaxconn`). When the queue is full, a
/// client's first packet is dropped, and the client sends it again after a second.
const BACKLOG: u32 = 65_535;

/// How often a free port is looked for that all addresses have (`--listen localhost:0`).
const PORT_ATTEMPTS: usize = 16;

/// Binds all addresses to the same port. `port` is the one that was asked for: 0 means any.
pub fn bind(addresses: &[SocketAddr], port: u16) -> Result<Vec<TcpListener>, ListenError> {
    let mut attempt = 1;
    loop {
        match bind_all(addresses) {
            Err((_, error))
                if port == 0 && error.kind() == ErrorKind::AddrInUse && attempt < PORT_ATTEMPTS =>
            {
                attempt += 1;
            }
            other => return other.map_err(|(address, error)| ListenError::Bind(address, error)),
        }
    }
}

/// Binds all addresses to the same port. An address that this machine does not have is left out if another one
/// works: many machines resolve `localhost` to `::1` with IPv6 switched off.
fn bind_all(addresses: &[SocketAddr]) -> Result<Vec<TcpListener>, (SocketAddr, io::Error)> {
    let mut listeners: Vec<TcpListener> = Vec::new();
    let mut missing = None;
    for address in addresses {
        let mut address = *address;
        if address.port() == 0
            && let Some(bound) = listeners.first()
        {
            let port = bound.local_addr().map_err(|error| (address, error))?.port();
            address.set_port(port);
        }
        match bind_one(address) {
            Ok(listener) => listeners.push(listener),
            Err(error) if is_missing(&error) => missing = Some((address, error)),
            Err(error) => return Err((address, error)),
        }
    }
    match (missing, listeners.is_empty()) {
        (Some(missing), true) => Err(missing),
        (Some((address, error)), false) => {
            tracing::info!(%error, "not listening on {address}, which this machine does not have");
            Ok(listeners)
        }
        (None, _) => Ok(listeners),
    }
}

/// Whether this machine does not have the address, or not its kind.
fn is_missing(error: &io::Error) -> bool {
    let unsupported = rustix::io::Errno::AFNOSUPPORT.raw_os_error();
    error.kind() == ErrorKind::AddrNotAvailable || error.raw_os_error() == Some(unsupported)
}

fn bind_one(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    // Without this, a restart would have to wait for connections that the previous process has closed.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}
