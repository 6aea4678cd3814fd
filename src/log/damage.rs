//! Damage found in the file since the log was opened.

use std::{
    fmt::Display,
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use parking_lot::Mutex;

use crate::log::error::{ReadError, WHAT_TO_DO};
use crate::message::Seq;

/// The maximum number of ranges to store. Further ranges are still reported to the readers that meet them.
const MAX_RANGES: usize = 256;

/// Damage: parts of the file that can't be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Damage {
    /// The unreadable ranges of messages (first and last position), in order. Empty if only other tables are damaged.
    pub unreadable: Vec<(Seq, Seq)>,
    /// The first error.
    pub error: String,
    /// Whether the last push was refused because of damage.
    pub pushes_refused: bool,
}

/// Collects damage, and logs each range once.
#[derive(Default)]
pub(super) struct DamageRecord {
    first_error: OnceLock<String>,
    ranges: Mutex<Vec<(Seq, Seq)>>,
    pushes_refused: AtomicBool,
}

impl DamageRecord {
    /// The damage found so far. None if there is none.
    pub fn get(&self) -> Option<Damage> {
        let error = self.first_error.get()?.clone();
        let unreadable = self.ranges.lock().clone();
        Some(Damage {
            unreadable,
            error,
            pushes_refused: self.pushes_refused.load(Ordering::Relaxed),
        })
    }

    /// Records whether the last push was refused because of damage.
    pub fn note_push(&self, refused: bool) {
        self.pushes_refused.store(refused, Ordering::Relaxed);
    }

    /// The known range that contains this position.
    pub fn range_of(&self, seq: Seq) -> Option<(Seq, Seq)> {
        let ranges = self.ranges.lock();
        let range = ranges
            .iter()
            .find(|(from, to)| (*from..=*to).contains(&seq));
        range.copied()
    }

    /// Records that the messages of this range can't be read.
    pub fn note_range(&self, (from, to): (Seq, Seq), error: &ReadError) {
        let mut ranges = self.ranges.lock();
        let known = |(f, t): &(Seq, Seq)| *f <= from && to <= *t;
        if ranges.len() >= MAX_RANGES || ranges.iter().any(known) {
            return;
        }
        let at = ranges.partition_point(|range| *range < (from, to));
        ranges.insert(at, (from, to));
        drop(ranges);
        tracing::error!(%error, from, to, "the log is damaged: messages in this range can't be read; {WHAT_TO_DO}");
        let _ = self.first_error.set(error.to_string());
    }

    /// Records that another part of the file can't be read.
    pub fn note(&self, error: &impl Display) {
        if self.first_error.set(error.to_string()).is_ok() {
            tracing::error!(%error, "the log is damaged; {WHAT_TO_DO}");
        }
    }
}
