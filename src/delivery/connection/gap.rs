//! Messages that a connection cannot get any more.

use crate::{
    log::LogGapReason,
    message::{Epoch, Seq},
};

/// A range of messages that a connection cannot get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The first and the last position that may be missing. None if the positions are unknown.
    pub range: Option<(Seq, Seq)>,
    /// The epoch of the last position, if it is not one of this log.
    pub other_epoch: Option<Epoch>,
    /// Why they are missing.
    pub reason: GapReason,
}

impl Gap {
    /// A gap whose positions are unknown.
    pub fn without_range(reason: GapReason) -> Self {
        Self {
            range: None,
            other_epoch: None,
            reason,
        }
    }
}

/// Why messages are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapReason {
    /// The cursor belongs to another log.
    UnknownEpoch,
    /// The cursor belongs to a history that was rolled back: from the first position on, the log has other messages.
    RolledBack,
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
            Self::RolledBack => "rolled_back",
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::GAP_REASONS;

    #[test]
    fn every_reason_can_be_counted() {
        let all = [
            GapReason::UnknownEpoch,
            GapReason::RolledBack,
            GapReason::Pruned,
            GapReason::Expired,
            GapReason::Unreadable,
            GapReason::Slow,
        ];
        assert_eq!(all.map(GapReason::as_str), GAP_REASONS);
    }
}
