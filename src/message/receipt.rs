//! The delivery state of a message.

/// The delivery state of a message for one client: the furthest state that it has reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// It waits for the client.
    Queued,
    /// It was written completely to a connection of the client.
    Sent,
    /// The client has acknowledged it.
    Acknowledged,
    /// It expired before it could be sent.
    Expired,
    /// It was recalled before it could be sent.
    Recalled,
    /// A newer message took its place before it could be sent.
    Replaced,
}

/// Counts of receipts. Each client counts once, with the furthest state of the message.
///
/// For a message to clients, these are clients. For a message to a topic or to everyone, they are connections:
/// `audience` counts those that it was sent to when it was pushed, and `sent` those to which it was written completely.
/// Connections do not acknowledge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Receipts {
    /// The total.
    pub audience: u64,
    /// Sent, and not acknowledged.
    pub sent: u64,
    /// Acknowledged.
    pub acknowledged: u64,
    /// Waiting.
    pub waiting: u64,
    /// Expired before they were sent.
    pub expired: u64,
    /// Recalled before they were sent.
    pub recalled: u64,
    /// Replaced by newer messages before they were sent.
    pub replaced: u64,
}

impl Receipts {
    /// The counts in the order of the fields, as they are stored and sent with a job. Replaced ones count as recalled there.
    pub(crate) fn to_counts(self) -> [u64; 6] {
        let Self {
            audience,
            sent,
            acknowledged,
            waiting,
            expired,
            recalled,
            replaced,
        } = self;
        let gone = recalled + replaced;
        [audience, sent, acknowledged, waiting, expired, gone]
    }

    /// The receipts with these counts. See [`Self::to_counts`].
    pub(crate) fn from_counts(counts: [u64; 6]) -> Self {
        let [audience, sent, acknowledged, waiting, expired, recalled] = counts;
        Self {
            audience,
            sent,
            acknowledged,
            waiting,
            expired,
            recalled,
            replaced: 0,
        }
    }

    /// Counts one more client.
    pub(crate) fn count(&mut self, receipt: Receipt) {
        self.audience += 1;
        *match receipt {
            Receipt::Queued => &mut self.waiting,
            Receipt::Sent => &mut self.sent,
            Receipt::Acknowledged => &mut self.acknowledged,
            Receipt::Expired => &mut self.expired,
            Receipt::Recalled => &mut self.recalled,
            Receipt::Replaced => &mut self.replaced,
        } += 1;
    }
}
