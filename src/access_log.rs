//! The access log: a line of JSON for each finished request.
//!
//! A thread of its own writes the lines. They wait for it in a bounded queue. A line that does not fit is dropped and
//! counted, so no request ever waits for the disk. A request holds its [`AccessEntry`] until the last byte of its answer
//! is written, and so does the stream that it has opened: the line is written when the last holder drops it.

mod entry;
mod line_queue;
mod target;
mod writer;

use std::{io, sync::Arc};

pub use entry::{AccessEntry, RequestFacts};
use line_queue::LineQueue;
pub use target::Target;
use writer::Writer;

/// See the module documentation.
#[derive(Debug)]
pub struct AccessLog(LineQueue);

impl AccessLog {
    /// Opens the target and starts the thread.
    pub fn open(target: Target) -> io::Result<Arc<Self>> {
        let out = target.open()?;
        let (queue, jobs) = LineQueue::new();
        let writer = Writer::new(target, out, queue.shared());
        let thread = std::thread::Builder::new().name("access-log".into());
        thread.spawn(move || writer.run(&jobs))?;
        Ok(Arc::new(Self(queue)))
    }

    /// Begins the line of a request.
    pub fn begin(&self, facts: RequestFacts) -> Arc<AccessEntry> {
        Arc::new(AccessEntry::new(self.0.clone(), facts))
    }

    /// Opens the file again, because it was moved away. Until then lines go to the old file.
    pub fn reopen(&self) {
        self.0.reopen();
    }

    /// Lines that were dropped because the queue was full.
    pub fn dropped(&self) -> u64 {
        self.0.dropped()
    }

    /// Waits until everything is written, for a moment. Blocks.
    pub fn finish(&self) {
        self.0.finish();
    }
}
