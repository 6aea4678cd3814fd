//! Notices what is worth a mark in the statistics over time.

use super::{AppState, recent::Counts};
use crate::{log::MarkKind, registry};

/// What happens again within this time has no mark of its own, in milliseconds.
const QUIET: u64 = 10 * 60 * 1000;

/// See the module documentation.
#[derive(Default)]
pub struct MarkWatch {
    before: Counts,
    /// When each kind was marked last.
    marked: [Option<u64>; MarkKind::ALL.len()],
}

impl MarkWatch {
    /// Marks what has happened since the last call. Blocks if a write has failed.
    pub fn look(&mut self, state: &AppState, now: &Counts) {
        let log = state.broker.log();
        let grown = now.since(&self.before);
        self.before = *now;
        if let Some(damage) = log.damage() {
            self.mark_once(state, MarkKind::LogDamaged, damage.error);
        }
        if log.is_disk_full() {
            self.mark(state, MarkKind::DiskFull, String::new());
        }
        if let Some(mean) = grown.slow_commit() {
            self.mark(state, MarkKind::SlowStorage, mean.to_string());
        }
        if grown.gaps > 0 {
            self.mark(state, MarkKind::Gaps, grown.gaps.to_string());
        }
    }

    fn mark(&mut self, state: &AppState, kind: MarkKind, value: String) {
        let (now, last) = (registry::now(), &mut self.marked[kind as usize]);
        if last.is_none_or(|at| now.saturating_sub(at) >= QUIET) {
            *last = Some(now);
            state.samples.mark(now, kind, value);
        }
    }

    /// For what stays as it is until the server is started again.
    fn mark_once(&mut self, state: &AppState, kind: MarkKind, value: String) {
        if self.marked[kind as usize].is_none() {
            self.mark(state, kind, value);
        }
    }
}
