//! The listening sockets of a server.

mod error;
mod listening_socket;
mod passed;
mod socket_options;
mod tcp;
mod unix;

use std::{
    fmt,
    future::poll_fn,
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    os::fd::OwnedFd,
    task::{Context, Poll},
};

use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};

use crate::config::{HostPort, ListenAddress, Settings};
pub use error::ListenError;
use listening_socket::ListeningSocket;
use passed::PassedSockets;
use socket_options::Inheritance;
pub(super) use socket_options::SocketOptions;
use unix::SocketFile;

/// What is spoken on a listening socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListenerKind {
    /// HTTP.
    Plain,
    /// HTTPS.
    Tls,
    /// HTTP, where each answer is a redirect to HTTPS.
    Redirect,
}

/// An accepted connection.
pub(super) struct Accepted {
    /// Its socket. A Unix socket has this type too, which is only a descriptor with functions that every connected socket
    /// of bytes has.
    pub socket: TcpStream,
    /// The address of the peer. None for a Unix socket.
    pub peer: Option<SocketAddr>,
    /// What is spoken.
    pub kind: ListenerKind,
    /// Whether it has inherited the options of [`Listeners::set_options`].
    pub has_options: bool,
}

/// One or more listening sockets, which are served together.
#[derive(Default)]
pub struct Listeners {
    listeners: Vec<Listener>,
    /// The listener that is asked first, so that no listener is starved by another.
    first: usize,
    /// The options that accepted sockets inherit, if they are set.
    options: Option<SocketOptions>,
}

struct Listener {
    socket: ListeningSocket,
    kind: ListenerKind,
    inheritance: Inheritance,
}

impl From<TcpListener> for Listeners {
    fn from(listener: TcpListener) -> Self {
        Self::default().with(listener, ListenerKind::Plain)
    }
}

impl Listeners {
    /// Adds a listening socket.
    #[must_use]
    pub fn with(mut self, listener: TcpListener, kind: ListenerKind) -> Self {
        let socket = ListeningSocket::Tcp(listener);
        self.listeners.push(Listener::new(socket, kind));
        self
    }

    /// Listens on all addresses of the settings. Must be called on a runtime.
    pub async fn bind(settings: &Settings) -> Result<Self, ListenError> {
        let mut listeners = Self::default();
        let mut passed = PassedSockets::default();
        for (addresses, kind) in [
            (&settings.listening.listen, ListenerKind::Plain),
            (&settings.tls.listen_tls, ListenerKind::Tls),
            (&settings.tls.redirect_http, ListenerKind::Redirect),
        ] {
            for address in addresses {
                let sockets = open(address, kind, settings, &mut passed).await?;
                let sockets = sockets.into_iter();
                let added = sockets.map(|socket| Listener::new(socket, kind));
                listeners.listeners.extend(added);
            }
        }
        Ok(listeners)
    }

    /// Listens for HTTP on all addresses of this name.
    pub(super) async fn bind_to(address: &HostPort) -> Result<Self, ListenError> {
        let addresses = resolve(address).await?;
        let sockets = tcp::bind(&addresses, address.port())?.into_iter();
        Ok(sockets.fold(Self::default(), |listeners, socket| {
            listeners.with(socket, ListenerKind::Plain)
        }))
    }

    /// The TCP addresses that are listened on.
    pub(super) fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.listeners.iter().filter_map(Listener::address)
    }

    /// The URLs that are listened on.
    pub fn urls(&self) -> impl Iterator<Item = String> {
        self.listeners.iter().map(ToString::to_string)
    }

    /// Where a browser on this machine finds the pages: at the first socket that does not only redirect. None if all are Unix
    /// sockets.
    pub(super) fn url_here(&self) -> Option<String> {
        self.listeners.iter().find_map(Listener::url_here)
    }

    /// The first port of HTTPS.
    pub(super) fn tls_port(&self) -> Option<u16> {
        let mut of_tls = self
            .listeners
            .iter()
            .filter(|listener| listener.kind == ListenerKind::Tls);
        of_tls.find_map(|listener| listener.address().map(|address| address.port()))
    }

    /// Whether HTTPS is spoken on one of them.
    pub(super) fn have_tls(&self) -> bool {
        self.listeners
            .iter()
            .any(|listener| listener.kind == ListenerKind::Tls)
    }

    /// Sets the options of all sockets that arrive from now on.
    pub(super) fn set_options(&mut self, options: SocketOptions) {
        // Elsewhere some options are not inherited.
        if !cfg!(target_os = "linux") || self.options == Some(options) {
            return;
        }
        self.options = Some(options);
        for listener in &mut self.listeners {
            listener.set_options(options);
        }
    }

    /// The next connection of any of them.
    pub(super) async fn accept(&mut self) -> io::Result<Accepted> {
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

impl Listener {
    fn new(socket: ListeningSocket, kind: ListenerKind) -> Self {
        Self {
            socket,
            kind,
            inheritance: Inheritance::default(),
        }
    }

    fn set_options(&mut self, options: SocketOptions) {
        let ListeningSocket::Tcp(listener) = &self.socket else {
            return;
        };
        self.inheritance = match options.set(&SockRef::from(listener)) {
            Ok(()) => Inheritance::after_change(),
            Err(error) => {
                tracing::debug!(%error, "the options of a listening socket could not be set");
                Inheritance::default()
            }
        };
    }

    fn address(&self) -> Option<SocketAddr> {
        match &self.socket {
            ListeningSocket::Tcp(listener) => listener.local_addr().ok(),
            ListeningSocket::Unix { .. } => None,
        }
    }

    fn url_here(&self) -> Option<String> {
        let mut address = self.address()?;
        let scheme = match self.kind {
            ListenerKind::Tls => "https",
            ListenerKind::Plain => "http",
            ListenerKind::Redirect => return None,
        };
        // All addresses of the machine can be listened on, but no browser has to know what it means to open them.
        if address.ip().is_unspecified() {
            address.set_ip(match address {
                SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        Some(format!("{scheme}://{address}"))
    }

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Accepted>> {
        let accepted = match &self.socket {
            ListeningSocket::Tcp(listener) => listener
                .poll_accept(cx)
                .map_ok(|(socket, peer)| (socket, Some(peer))),
            ListeningSocket::Unix { listener, .. } => listener
                .poll_accept(cx)
                .map(|accepted| Ok((as_stream(accepted?.0)?, None))),
        };
        let has_options = self.inheritance.note(accepted.is_ready());
        accepted.map_ok(|(socket, peer)| Accepted {
            socket,
            peer,
            kind: self.kind,
            has_options,
        })
    }
}

impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.kind {
            ListenerKind::Tls => "https",
            ListenerKind::Plain | ListenerKind::Redirect => "http",
        };
        match &self.socket {
            ListeningSocket::Tcp(_) => match self.address() {
                Some(address) => write!(f, "{scheme}://{address}")?,
                None => write!(f, "{scheme}")?,
            },
            ListeningSocket::Unix { listener, file } => {
                let address = listener.local_addr().ok();
                let bound = address.as_ref().and_then(|address| address.as_pathname());
                // The socket was bound under another name.
                let path = file.as_ref().map(SocketFile::path).or(bound);
                match path {
                    Some(path) => write!(f, "unix:{}", path.display())?,
                    None => f.write_str("a Unix socket")?,
                }
                if self.kind == ListenerKind::Tls {
                    f.write_str(" (https)")?;
                }
            }
        }
        match self.kind {
            ListenerKind::Redirect => f.write_str(", which redirects to https"),
            _ => Ok(()),
        }
    }
}

/// A Unix socket as a [`TcpStream`]: see [`Accepted::socket`].
fn as_stream(socket: tokio::net::UnixStream) -> io::Result<TcpStream> {
    let socket = OwnedFd::from(socket.into_std()?);
    TcpStream::from_std(std::net::TcpStream::from(socket))
}

async fn resolve(address: &HostPort) -> Result<Vec<SocketAddr>, ListenError> {
    let unresolved = |error| ListenError::Unresolved(address.clone(), error);
    address.resolve().await.map_err(unresolved)
}

/// Listens on one address of the settings.
async fn open(
    address: &ListenAddress,
    kind: ListenerKind,
    settings: &Settings,
    passed: &mut PassedSockets,
) -> Result<Vec<ListeningSocket>, ListenError> {
    // A redirect is harmless.
    let check = |addresses: &[SocketAddr]| match kind {
        ListenerKind::Redirect => Ok(()),
        _ => settings.check_addresses(addresses),
    };
    match address {
        ListenAddress::Tcp(address) => {
            let addresses = resolve(address).await?;
            check(&addresses)?;
            let sockets = tcp::bind(&addresses, address.port())?;
            Ok(sockets.into_iter().map(ListeningSocket::Tcp).collect())
        }
        ListenAddress::Unix(path) => {
            let opened = unix::bind(path, &settings.listening);
            let failed = |why| ListenError::Unix {
                path: path.clone(),
                why,
            };
            let (listener, file) = opened.map_err(failed)?;
            let file = Some(file);
            Ok(vec![ListeningSocket::Unix { listener, file }])
        }
        ListenAddress::Passed(name) => {
            let sockets = passed
                .take(name.as_deref())
                .map_err(|why| ListenError::Passed(address.clone(), why))?;
            let addresses = sockets.iter().filter_map(|socket| match socket {
                ListeningSocket::Tcp(socket) => socket.local_addr().ok(),
                ListeningSocket::Unix { .. } => None,
            });
            check(&addresses.collect::<Vec<_>>())?;
            Ok(sockets)
        }
    }
}
