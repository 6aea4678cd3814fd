//! What became of a message.

/// A message's fate at one client: the furthest that it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// It waits for the client.
    Queued,
    /// It was written to a connection of the client, whole.
    Sent,
    /// The client's page has said that it saw it.
    Acknowledged,
    /// Its time to live was over before it could be sent.
    Expired,
    /// It was recalled before it could be sent.
    Recalled,
}

/// Receipts by number. Each client counts once, at the furthest that the message came.
///
/// For a message to clients these are clients. For one to a topic or to everyone they are connections:
/// `audience` those that it was handed to when it was pushed, `sent` those of which the broker has said
/// that it was written; nobody acknowledges for a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Receipts {
    /// All of them.
    pub audience: u64,
    /// Written, and not acknowledged.
    pub sent: u64,
    /// Seen by the page.
    pub acknowledged: u64,
    /// Still waiting.
    pub waiting: u64,
    /// Expired before they were sent.
    pub expired: u64,
    /// Recalled before they were sent.
    pub recalled: u64,
}

impl Receipts {
    /// Counts one more client.
    pub(crate) fn count(&mut self, receipt: Receipt) {
        self.audience += 1;
        *match receipt {
            Receipt::Queued => &mut self.waiting,
            Receipt::Sent => &mut self.sent,
            Receipt::Acknowledged => &mut self.acknowledged,
            Receipt::Expired => &mut self.expired,
            Receipt::Recalled => &mut self.recalled,
        } += 1;
    }
}
