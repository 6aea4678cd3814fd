//! A listening socket of either kind.

use tokio::net::{TcpListener, UnixListener};

use super::unix::SocketFile;

/// See the module documentation.
pub enum ListeningSocket {
    /// A TCP port.
    Tcp(TcpListener),
    /// A Unix socket.
    Unix {
        /// The socket.
        listener: UnixListener,
        /// Its file, if it was made here.
        file: Option<SocketFile>,
    },
}
