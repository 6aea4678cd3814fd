//! Why a server ends.

use std::{io, path::PathBuf};

use super::{listener::ListenError, tls::TlsError};
use crate::{cluster::StartError, log::OpenError, traces::TracesError};

/// Why a server ended that was not asked to.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The log can't be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The server can't take part in the cluster.
    #[error(transparent)]
    Cluster(#[from] StartError),
    /// The node was away from its cluster for too long. When it starts again, it copies the log of another node.
    #[error("this node must start again to copy the log of another one: {0}")]
    TooOld(String),
    /// Writing the log failed, so that the content of the disk is not known any more.
    #[error("the log has failed: {0}")]
    Log(String),
    /// The address of the metrics can't be listened on.
    #[error("--metrics-listen: {0}")]
    Metrics(#[from] ListenError),
    /// The access log can't be opened.
    #[error("--access-log {}: {source}", path.display())]
    AccessLog {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// Spans of requests can't be sent.
    #[error(transparent)]
    Traces(#[from] TracesError),
    /// The certificates can't be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The threads that write streams can't be started.
    #[error("the threads that write streams can't be started: {0}")]
    Threads(io::Error),
}
