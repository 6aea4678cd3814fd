//! How much there is of what is kept until it is needed, and not removed when the log is too large: messages that are to be
//! pushed later, and the states of topics.

/// How many there are, and how many bytes they take. Or how many may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeptSize {
    /// Messages or states.
    pub messages: u64,
    /// Bytes of their entries or values.
    pub bytes: u64,
}

impl KeptSize {
    /// One more, with so many bytes.
    pub(super) fn add(&mut self, bytes: u64) {
        self.messages += 1;
        self.bytes += bytes;
    }

    /// One less, with so many bytes.
    pub(super) fn remove(&mut self, bytes: u64) {
        self.messages = self.messages.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}
