//! The bounded queue between requests and the thread that writes their lines.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    time::Duration,
};

use crate::metrics::Counter;

/// Lines that may wait for the thread.
const CAPACITY: usize = 8_192;

/// How long the end of a server waits for the last lines.
const FINISH: Duration = Duration::from_secs(2);

/// What the thread has to do.
pub(super) enum Job {
    /// Write this line.
    Line(String),
    /// Look at [`Shared::reopen`].
    Wake,
    /// Write everything, and answer.
    Flush(SyncSender<()>),
}

/// What the queue and the thread share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// Lines that did not fit.
    pub dropped: Counter,
    /// Whether the file has to be opened again.
    pub reopen: AtomicBool,
}

/// See the module documentation.
#[derive(Clone, Debug)]
pub(super) struct LineQueue {
    jobs: SyncSender<Job>,
    shared: Arc<Shared>,
}

impl LineQueue {
    /// An empty queue, and its other end for the thread.
    pub fn new() -> (Self, Receiver<Job>) {
        let (sender, jobs) = sync_channel(CAPACITY);
        let shared = Arc::default();
        let queue = Self {
            jobs: sender,
            shared,
        };
        (queue, jobs)
    }

    /// What the thread shares with it.
    pub fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }

    /// Adds a line, or counts that it did not fit. Never blocks.
    pub fn put(&self, line: String) {
        if let Err(TrySendError::Full(_)) = self.jobs.try_send(Job::Line(line)) {
            self.shared.dropped.inc();
        }
    }

    /// Asks the thread to open the file again.
    pub fn reopen(&self) {
        self.shared.reopen.store(true, Ordering::Release);
        // If the queue is full, the thread looks after the next line.
        let _ = self.jobs.try_send(Job::Wake);
    }

    /// Lines that did not fit.
    pub fn dropped(&self) -> u64 {
        self.shared.dropped.get()
    }

    /// Waits until everything is written, for a moment. Blocks.
    pub fn finish(&self) {
        let (answer, answered) = sync_channel(1);
        if self.jobs.try_send(Job::Flush(answer)).is_ok() {
            let _ = answered.recv_timeout(FINISH);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_do_not_fit_are_counted_and_nobody_waits() {
        let (queue, jobs) = LineQueue::new();
        for number in 0..CAPACITY + 3 {
            queue.put(number.to_string());
        }
        assert_eq!(queue.dropped(), 3);
        drop(jobs);
        queue.put("after the end of the thread".to_owned());
        assert_eq!(queue.dropped(), 3);
    }
}
