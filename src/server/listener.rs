//! The listening sockets of a server.

use std::{
    future::poll_fn,
    io::{self, ErrorKind},
    net::SocketAddr,
    task::Poll,
};

use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::config::{InvalidSettings, ListenAddress, Settings};

/// The length of the accept queue. The system may allow less (`net.core.somaxconn`). When the queue is full, a
/// client's first packet is dropped, and the client sends it again after a second.
const BACKLOG: u32 = 65_535;

/// How often a free port is looked for that all addresses have (`--listen localhost:0`).
const PORT_ATTEMPTS: usize = 16;

/// Why the server can't listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The host name has no address.
    #[error("--listen {0}: the host name can't be resolved: {1}")]
    Unresolved(ListenAddress, io::Error),
    /// One of the addresses is open to other machines, and there is no admin token.
    #[error(transparent)]
    Settings(#[from] InvalidSettings),
    /// The system refuses an address.
    #[error("can't listen on {0}: {1}")]
    Bind(SocketAddr, io::Error),
}

/// One or more listening sockets, which are served together.
pub struct Listeners {
    listeners: Vec<TcpListener>,
    /// The listener that is asked first, so that no listener is starved by another.
    first: usize,
}

impl From<TcpListener> for Listeners {
    fn from(listener: TcpListener) -> Self {
        Self {
            listeners: vec![listener],
            first: 0,
        }
    }
}

impl Listeners {
    /// Listens on all addresses of [`Settings::listen`]. Must be called on a runtime.
    pub async fn bind(settings: &Settings) -> Result<Self, ListenError> {
        let addresses = resolve(&settings.listen).await?;
        settings.check_addresses(&addresses)?;
        Self::bind_addresses(&settings.listen, &addresses)
    }

    /// Listens on all addresses of this name.
    pub(super) async fn bind_to(listen: &ListenAddress) -> Result<Self, ListenError> {
        let addresses = resolve(listen).await?;
        Self::bind_addresses(listen, &addresses)
    }

    fn bind_addresses(
        listen: &ListenAddress,
        addresses: &[SocketAddr],
    ) -> Result<Self, ListenError> {
        let mut attempt = 1;
        let listeners = loop {
            match bind_all(addresses) {
                Err((_, error))
                    if listen.port() == 0
                        && error.kind() == ErrorKind::AddrInUse
                        && attempt < PORT_ATTEMPTS =>
                {
                    attempt += 1;
                }
                other => {
                    break other.map_err(|(address, error)| ListenError::Bind(address, error))?;
                }
            }
        };
        Ok(Self {
            listeners,
            first: 0,
        })
    }

    /// The addresses that are listened on.
    pub fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.listeners
            .iter()
            .filter_map(|listener| listener.local_addr().ok())
    }

    /// The next connection of any of them.
    pub(super) async fn accept(&mut self) -> io::Result<(TcpStream, SocketAddr)> {
        let count = self.listeners.len();
        poll_fn(|cx| {
            for offset in 0..count {
                let index = (self.first + offset) % count;
                if let Poll::Ready(accepted) = self.listeners[index].poll_accept(cx) {
                    self.first = index + 1;
                    return Poll::Ready(accepted);
                }
            }
            Poll::Pending
        })
        .await
    }
}

async fn resolve(listen: &ListenAddress) -> Result<Vec<SocketAddr>, ListenError> {
    let resolved = listen.resolve().await;
    resolved.map_err(|error| ListenError::Unresolved(listen.clone(), error))
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
        match bind(address) {
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

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    // Without this, a restart would have to wait for connections that the previous process has closed.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}
