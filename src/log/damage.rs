//! What was found damaged in the file since the log was opened.

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

/// Ranges that are remembered, at most. Further ones are still reported to those who read there.
const MAX_RANGES: usize = 256;

/// A part of the file can't be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Damage {
    /// The first and the last position of each range in which messages can't be read, in order. Empty if something
    /// else is damaged.
    pub unreadable: Vec<(Seq, Seq)>,
    /// The first error.
    pub error: String,
    /// Whether the last push was refused because of it.
    pub pushes_refused: bool,
}

/// Collects damage, and writes each range to the log of the program once.
#[derive(Default)]
pub(super) struct DamageRecord {
    first_error: OnceLock<String>,
    ranges: Mutex<Vec<(Seq, Seq)>>,
    pushes_refused: AtomicBool,
}

impl DamageRecord {
    /// What was found; none: nothing.
    pub fn get(&self) -> Option<Damage> {
        let error = self.first_error.get()?.clone();
        let unreadable = self.ranges.lock().clone();
        Some(Damage {
            unreadable,
            error,
            pushes_refused: self.pushes_refused.load(Ordering::Relaxed),
        })
    }

    /// Notes whether the last push was refused because of damage.
    pub fn note_push(&self, refused: bool) {
        self.pushes_refused.store(refused, Ordering::Relaxed);
    }

    /// The known range that has this position.
    pub fn range_of(&self, seq: Seq) -> Option<(Seq, Seq)> {
        let ranges = self.ranges.lock();
        let range = ranges
            .iter()
            .find(|(from, to)| (*from..=*to).contains(&seq));
        range.copied()
    }

    /// Notes that messages in this range can't be read.
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

    /// Notes that something can't be read.
    pub fn note(&self, error: &impl Display) {
        if self.first_error.set(error.to_string()).is_ok() {
            tracing::error!(%error, "the log is damaged; {WHAT_TO_DO}");
        }
    }
}
