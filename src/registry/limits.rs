//! How many connections the registry admits.

/// How many connections there may be.
#[derive(Clone, Copy, Debug)]
pub struct Capacity {
    /// Of one client.
    pub per_client: usize,
    /// In all.
    pub total: usize,
}

/// Why a connection was not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdmissionError {
    /// The client has as many as it may have.
    #[error("this client has {0} connections, and may have no more")]
    PerClient(usize),
    /// The node has as many as it may have.
    #[error("this server has {0} connections, and may have no more")]
    Total(usize),
}
