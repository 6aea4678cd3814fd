//! The statistics of this node: those of the last hour are in memory, and all of them are in the file of the log.

use std::collections::VecDeque;

use parking_lot::Mutex;

use super::sample_merge::SampleMerge;
use crate::log::{Log, MarkKind, NewSamples, NodeMark, NodeSample, ReadError, Step};

/// Samples in an hour.
const KEPT: usize = 720;

/// See the module documentation.
pub struct Samples(Mutex<Kept>);

struct Kept {
    /// The samples of the last hour, oldest first. A new one replaces the oldest.
    hour: VecDeque<NodeSample>,
    /// The minute and the ten minutes that have not ended.
    open: [(Step, SampleMerge); 2],
    /// What is to be written next.
    unwritten: NewSamples,
}

impl Default for Samples {
    fn default() -> Self {
        let open = [Step::Minute, Step::Coarse].map(|step| (step, SampleMerge::new(step)));
        Self(Mutex::new(Kept {
            hour: VecDeque::new(),
            open,
            unwritten: NewSamples::default(),
        }))
    }
}

impl Samples {
    /// Goes on after the samples of an earlier run.
    pub(super) fn restore(&self, mut earlier: Vec<NodeSample>) {
        let mut kept = self.0.lock();
        let first = kept.hour.front().map_or(u64::MAX, |sample| sample.at);
        // After a clock that was set back, they would not be in order.
        earlier.retain(|sample| sample.at < first);
        earlier.extend(kept.hour.drain(..));
        kept.hour = earlier.into();
    }

    pub(super) fn keep(&self, sample: NodeSample) {
        let mut kept = self.0.lock();
        let Kept {
            hour,
            open,
            unwritten,
        } = &mut *kept;
        if hour.len() >= KEPT {
            hour.pop_front();
        }
        hour.push_back(sample);
        unwritten.samples.push((Step::Fine, sample));
        for (step, merge) in open {
            unwritten
                .samples
                .extend(merge.add(&sample).map(|merged| (*step, merged)));
        }
    }

    pub(super) fn mark(&self, at: u64, kind: MarkKind, value: String) {
        let mark = NodeMark { at, kind, value };
        self.0.lock().unwritten.marks.push(mark);
    }

    /// Gives what is new to the writer of the log.
    pub(super) fn write(&self, log: &Log) {
        let new = std::mem::take(&mut self.0.lock().unwritten);
        log.write_samples(new);
    }

    /// The same at the end of the server, with the intervals that have not ended.
    pub(super) fn write_last(&self, log: &Log) {
        let mut kept = self.0.lock();
        let Kept {
            open, unwritten, ..
        } = &mut *kept;
        for (step, merge) in open {
            unwritten
                .samples
                .extend(merge.take().map(|merged| (*step, merged)));
        }
        drop(kept);
        self.write(log);
    }

    /// The samples of the last hour, oldest first.
    pub(super) fn last_hour(&self) -> Vec<NodeSample> {
        self.0.lock().hour.iter().copied().collect()
    }

    /// The samples of a step since a time, oldest first. Blocks.
    pub(super) fn since(
        &self,
        log: &Log,
        step: Step,
        since: u64,
    ) -> Result<Vec<NodeSample>, ReadError> {
        if step == Step::Fine {
            let mut samples = self.last_hour();
            samples.retain(|sample| sample.at >= since);
            return Ok(samples);
        }
        let mut samples = log.samples(step, since)?;
        let kept = self.0.lock();
        let unwritten = kept.unwritten.samples.iter();
        let of_step = unwritten.filter(|(other, _)| *other == step);
        samples.extend(of_step.map(|(_, sample)| *sample));
        let open = kept.open.iter().find(|(other, _)| *other == step);
        samples.extend(open.and_then(|(_, merge)| merge.so_far()));
        Ok(samples)
    }

    /// The marks since a time, oldest first. Blocks.
    pub(super) fn marks(&self, log: &Log, since: u64) -> Result<Vec<NodeMark>, ReadError> {
        let mut marks = log.marks(since)?;
        marks.extend(self.0.lock().unwritten.marks.iter().cloned());
        Ok(marks)
    }
}
