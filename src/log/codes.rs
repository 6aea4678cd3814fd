//! The numbers that the file uses for audiences, kinds and states.

/// The audience of all topic messages. Its postings list them in order. A pattern that matches too many topics reads
/// these postings instead of those of each topic.
pub(super) const ANY_TOPIC: i64 = 1;

/// The audience of messages to everyone.
pub(super) const EVERYONE: i64 = 2;

/// Kinds of audiences in the file. Kind 0 is reserved for the two audiences above.
pub(super) mod kind {
    pub const CLIENT: i64 = 1;
    pub const TOPIC: i64 = 2;
}

/// Why a message is no longer delivered, as stored in the file.
pub(super) mod ended {
    pub const NOT: i64 = 0;
    pub const EXPIRED: i64 = 1;
    pub const RECALLED: i64 = 2;
    pub const REPLACED: i64 = 3;
}

/// The position of an idempotency key whose message is not sent yet. No message has it.
pub(super) const NOT_SENT: u64 = 0;

/// Converts a position or a time to SQLite's signed 64-bit integer.
pub(super) fn sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
