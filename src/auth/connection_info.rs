//! What is known of the connection of a request.

use std::net::SocketAddr;

/// An extension of every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionInfo {
    /// The address of the peer. None for a Unix socket.
    pub peer: Option<SocketAddr>,
    /// How the request came.
    pub scheme: Scheme,
}

/// The scheme of a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Without TLS.
    Http,
    /// Over TLS.
    Https,
}
