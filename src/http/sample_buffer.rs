//! The statistics of the last hour, in memory.

use std::collections::VecDeque;

use app::wire::Sample;
use parking_lot::Mutex;

/// Samples in an hour.
const KEPT: usize = 720;

/// The samples of the last hour, oldest first. A new one replaces the oldest.
#[derive(Default)]
pub struct Samples(Mutex<VecDeque<Sample>>);

impl Samples {
    pub(super) fn keep(&self, sample: Sample) {
        let mut samples = self.0.lock();
        if samples.len() >= KEPT {
            samples.pop_front();
        }
        samples.push_back(sample);
    }

    /// All samples, oldest first.
    pub(super) fn all(&self) -> Vec<Sample> {
        self.0.lock().iter().copied().collect()
    }
}
