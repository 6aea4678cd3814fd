//! Why the server can't listen.

use std::{io, net::SocketAddr, path::PathBuf};

use crate::config::{HostPort, InvalidSettings, ListenAddress};

/// Why the server can't listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The host name has no address.
    #[error("--listen {0}: the host name can't be resolved: {1}")]
    Unresolved(HostPort, io::Error),
    /// One of the addresses is open to other machines, and there is no admin token.
    #[error(transparent)]
    Settings(#[from] InvalidSettings),
    /// The system refuses an address.
    #[error("can't listen on {0}: {1}")]
    Bind(SocketAddr, io::Error),
    /// A Unix socket can't be made.
    #[error("can't listen on unix:{}: {why}", path.display())]
    Unix {
        /// Its path.
        path: PathBuf,
        /// Why not.
        why: io::Error,
    },
    /// systemd has not passed what the settings name.
    #[error("--listen {0}: {1}")]
    Passed(ListenAddress, String),
}
