//! What a connection needs only while it reads the log.

use std::collections::VecDeque;

use super::{
    backlog::{Backlog, Batch, StatesRead},
    gap::Gap,
};
use crate::{
    log::{LogGap, LogGapReason},
    message::Seq,
    registry::StreamCounters,
};

/// See the module documentation.
pub(super) struct ReplayState {
    pub(super) phase: Phase,
    /// The part of the last page that is not written yet.
    pub(super) page: VecDeque<Batch>,
    /// The position that the last page covers.
    pub(super) page_end: Seq,
    /// Whether the log may have more.
    pub(super) more: bool,
    pub(super) gaps: VecDeque<Gap>,
    /// Whether recalls of messages that it has received may have been missed.
    pub(super) recalls_due: bool,
    /// Gaps up to this position have been reported.
    pub(super) gaps_reported: Seq,
    /// The same for damaged parts of the log, of which there can be several.
    pub(super) unreadable_reported: Seq,
    /// The states of its topics that are still to be told: those after this name.
    pub(super) states_after: Option<Box<str>>,
    /// States that messages up to this position have set were told.
    pub(super) states_told: Seq,
    /// Urgent messages of the inbox up to this position were sent before their turn.
    pub(super) urgent_told: Seq,
    /// Why it reads, until that is counted.
    pub(super) cause: Option<&'static str>,
}

/// What a connection reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Reads the direct messages of the client up to `head`.
    Inbox { head: Seq },
    /// Reads everything that it subscribes to.
    Everything,
    /// The last page has everything that the log had.
    Done,
}

impl ReplayState {
    pub(super) fn new(
        phase: Phase,
        cursor: Seq,
        gap: Option<Gap>,
        cause: &'static str,
    ) -> Box<Self> {
        Box::new(Self {
            phase,
            page: VecDeque::new(),
            page_end: cursor,
            more: false,
            gaps: gap.into_iter().collect(),
            recalls_due: phase == Phase::Everything,
            gaps_reported: 0,
            unreadable_reported: 0,
            states_after: None,
            states_told: 0,
            urgent_told: 0,
            cause: Some(cause),
        })
    }

    /// Counts a page that has messages.
    pub(super) fn count_page(&mut self, backlog: &Backlog, counters: &StreamCounters) {
        if backlog.batches.is_empty() {
            return;
        }
        counters.replay_pages.inc();
        counters.replay_bytes.add(backlog.bytes() as u64);
        if let Some(cause) = self.cause.take() {
            counters.replays.inc(cause);
        }
    }

    /// Takes the gaps of a page that have not been reported.
    pub(super) fn take_gaps(&mut self, gaps: &[LogGap]) {
        let before = self.gaps_reported;
        for gap in gaps {
            let reported = match gap.reason {
                LogGapReason::Unreadable => self.unreadable_reported,
                LogGapReason::Expired | LogGapReason::Pruned => before,
            };
            if gap.to <= reported {
                continue;
            }
            match gap.reason {
                LogGapReason::Unreadable => self.unreadable_reported = gap.to,
                LogGapReason::Expired | LogGapReason::Pruned => {
                    self.gaps_reported = self.gaps_reported.max(gap.to);
                }
            }
            let range = Some((gap.from.max(reported + 1), gap.to));
            self.gaps.push_back(Gap {
                range,
                other_epoch: None,
                reason: gap.reason.into(),
            });
        }
    }

    /// Takes a page of states.
    pub(super) fn take_states(&mut self, backlog: Backlog) {
        self.page = backlog.batches;
        let StatesRead { next, until } = backlog.states.unwrap_or_default();
        // The first page counts: others may have more of their topics.
        if self.states_after.as_deref() == Some("") {
            self.states_told = until;
        }
        self.states_after = next;
    }

    /// Whether the last page has been written.
    pub(super) fn is_drained(&self) -> bool {
        self.page.is_empty() && self.gaps.is_empty()
    }
}
