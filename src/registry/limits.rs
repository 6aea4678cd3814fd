//! How many connections the registry admits.

/// The maximum number of connections.
#[derive(Clone, Copy, Debug, Default)]
pub struct Capacity {
    /// Per client.
    pub per_client: usize,
    /// Per address, where an address can be told from others.
    pub per_address: usize,
    /// In total.
    pub total: usize,
}

/// Why a connection was not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdmissionError {
    /// The client has reached its limit.
    #[error("this client has {0} connections, and may have no more")]
    PerClient(usize),
    /// The address has reached its limit.
    #[error("this address has {0} connections, and may have no more")]
    PerAddress(usize),
    /// The server has reached its limit.
    #[error("this server has {0} connections, and may have no more")]
    Total(usize),
    /// The subscribers of Mercure have reached the limit of different templates.
    #[error(
        "there are {0} different templates or URL patterns of subscribers, and may be no more: use those that others use, or names of topics"
    )]
    Templates(usize),
}
