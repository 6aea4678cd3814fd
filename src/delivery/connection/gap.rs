//! Messages that a connection cannot get any more.

use crate::{log::LogGapReason, message::Seq};

/// A range of messages that a connection cannot get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The first and the last position that may be missing; none where no position is known.
    pub range: Option<(Seq, Seq)>,
    /// Why they are missing.
    pub reason: GapReason,
}

/// Why messages are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapReason {
    /// The cursor belongs to another log.
    UnknownEpoch,
    /// The cursor is ahead of the log: the log was restored from an older copy.
    Ahead,
    /// Retention removed them.
    Pruned,
    /// Their time to live ended before they were delivered.
    Expired,
    /// This part of the log is damaged.
    Unreadable,
    /// They were ephemeral, and the reader was too slow.
    Slow,
}

impl GapReason {
    /// The reason as it is written in `event: gap`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnknownEpoch => "unknown_epoch",
            Self::Ahead => "ahead_of_log",
            Self::Pruned => "pruned",
            Self::Expired => "expired",
            Self::Unreadable => "unreadable",
            Self::Slow => "slow_reader",
        }
    }
}

impl From<LogGapReason> for GapReason {
    fn from(reason: LogGapReason) -> Self {
        match reason {
            LogGapReason::Expired => Self::Expired,
            LogGapReason::Pruned => Self::Pruned,
            LogGapReason::Unreadable => Self::Unreadable,
        }
    }
}
