//! Samples and marks of this node in its file, so that they survive a restart.

use crate::log::{
    Log,
    error::ReadError,
    sample::{NewSamples, NodeMark, NodeSample, Step},
    sample_rows,
    writer::task::Task,
};

impl Log {
    /// Lets the writer store these, between commits. It is not waited for, and what can't be written is lost:
    /// measurements must not be in the way of messages.
    pub fn write_samples(&self, new: NewSamples) {
        if new.is_empty() {
            return;
        }
        let mut new = Some(new);
        self.shared
            .queue
            .push(0, 0, || new.take().map(Task::WriteSamples));
    }

    /// The samples of a step since a time (milliseconds since 1970), oldest first. Blocks.
    pub fn samples(&self, step: Step, since: u64) -> Result<Vec<NodeSample>, ReadError> {
        self.query(|conn| Ok(sample_rows::samples(conn, step, since)?))
    }

    /// The marks since a time (milliseconds since 1970), oldest first. Blocks.
    pub fn marks(&self, since: u64) -> Result<Vec<NodeMark>, ReadError> {
        self.query(|conn| Ok(sample_rows::marks(conn, since)?))
    }
}
