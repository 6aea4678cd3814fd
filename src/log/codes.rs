//! The numbers that stand in the file for audiences, kinds and states.

/// The audience that stands for any topic: its postings are the topic messages in order, for patterns that
/// match too many topics to walk each.
pub(super) const ANY_TOPIC: i64 = 1;

/// The audience of the messages to everyone.
pub(super) const EVERYONE: i64 = 2;

/// Kinds of audiences, as the file has them; 0 are the log's own.
pub(super) mod kind {
    pub const CLIENT: i64 = 1;
    pub const TOPIC: i64 = 2;
}

/// Why a message is not delivered any more, as the file has it.
pub(super) mod ended {
    pub const NOT: i64 = 0;
    pub const EXPIRED: i64 = 1;
    pub const RECALLED: i64 = 2;
}

/// A position or a time as SQLite counts: in 63 bits.
pub(super) fn sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
