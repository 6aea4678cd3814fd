//! The log: the durable, totally ordered list of messages, and the only source of order.
//!
//! One thread writes. It takes whatever waits, keeps it in one SQLite transaction with one fsync, hands
//! the messages to the tail in order, and then answers. Reads go through connections of their own and see
//! the log as of one moment, so they neither wait for the writer nor hold it up.
//!
//! Jobs are kept beside the messages, by the same thread in the same commits.
//!
//! Nothing here knows who is connected, or any async runtime. Reads block: from an async task, call them
//! on a thread that may block. [`Log::append`] is a future that any runtime can drive.

mod audiences;
mod check;
mod clients;
mod codes;
mod damage;
mod entry;
mod error;
mod files;
mod gap;
mod job_rows;
mod jobs;
mod openings;
mod options;
mod outcome;
mod position_rows;
mod positions;
mod postings;
mod reader;
mod recalls;
mod receipts;
mod retention;
mod rows;
mod schema;
mod shared;
mod writer;

#[cfg(test)]
mod tests;

pub use check::{CheckReport, check};
pub use clients::{ClientPage, KnownClient};
pub use damage::Damage;
pub use entry::{Appended, Entry, IdempotencyKey, InvalidIdempotencyKey};
pub use error::{AppendError, JobCommandError, OpenError, ReadError, WHAT_TO_DO};
pub use gap::{LogGap, LogGapReason};
pub use jobs::{JobPage, LinePage, LineRange};
pub use openings::Openings;
pub use options::{Clock, Durability, LogOptions};
pub use outcome::{MaintenanceCounts, Recalled};
pub use positions::ClientPosition;
pub use reader::history::{Ended, HistoryPage, Record};
pub use reader::history_filter::{HistoryAudience, HistoryFilter};
pub use reader::page::{Page, PageLimit};
pub use reader::queries::Stats;
pub use reader::replay::Subscriptions;
pub use shared::JobTail;
pub use writer::append::Busy;
pub use writer::counters::{BATCH_CLASSES, Work};

use std::{
    fs::File,
    sync::{Arc, OnceLock, atomic::Ordering},
    thread::JoinHandle,
};

use parking_lot::Mutex;

use crate::message::{Cursor, Epoch, Message, Seq};
use files::FileWatch;
use openings::History;
use shared::Shared;
use writer::Writer;
use writer::queue::{Bound, Queue};

/// The log. Dropping it is closing it: what was accepted is kept and answered first.
pub struct Log {
    shared: Arc<Shared>,
    writer: Option<JoinHandle<()>>,
    /// Held as long as the log is open.
    _lock: File,
}

/// Where a cursor stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// In this log, and everything after it is still there but for messages with a time to live.
    Exact,
    /// In this log, but messages in this range may be gone. Whether some of them were for the one who
    /// asks, [`Page::gaps`] says.
    Pruned {
        /// The first that may be gone.
        from: Seq,
        /// The last that is.
        to: Seq,
    },
    /// Of another log.
    UnknownEpoch,
    /// Of a history that was rolled back: a copy of the log was restored, or a crash has lost its newest messages.
    /// The reader has received messages in this range that are not in the log, or other messages are there now.
    RolledBack {
        /// The first such position. Everything before it is the same as in the log.
        from: Seq,
        /// The position of the cursor.
        to: Seq,
    },
}

impl Log {
    /// Opens the log in its folder, or makes one.
    ///
    /// `tail` gets the log's epoch and the messages of each commit, in order, on the writer's thread, before
    /// any of them is answered; it returns how many connections each was handed to. The head moves before the tail is
    /// called: whoever registers with the tail's other end and then replays up to [`Log::head`] misses
    /// nothing. `fatal` is called once with the reason if what is on the disk is not known any more; then
    /// nothing more is kept, and the process should end.
    pub fn open(
        options: LogOptions,
        tail: impl FnMut(&Epoch, &[Arc<Message>]) -> Vec<u64> + Send + 'static,
        fatal: impl FnOnce(String) + Send + 'static,
    ) -> Result<Self, OpenError> {
        let lock = schema::lock(&options.folder)?;
        let mut opened = schema::open(&options)?;
        let readers = reader::pool::ReaderPool::open(&opened.path, options.readers);
        let readers = readers.map_err(|source| OpenError::Database {
            path: opened.path.clone(),
            source,
        })?;
        let files = FileWatch::new(files::paths(&opened.path)).map_err(|source| {
            let path = opened.path.clone();
            OpenError::Folder { path, source }
        })?;
        let positions = Arc::new(positions::Positions::new(
            options.clock.clone(),
            opened.next_expiry,
        ));
        let shared = Arc::new(Shared {
            queue: Queue::new(Bound {
                messages: options.queue_messages,
                bytes: options.queue_bytes,
            }),
            readers,
            positions: Arc::clone(&positions),
            counters: writer::counters::Counters::default(),
            damage: damage::DamageRecord::default(),
            openings: opened.openings.clone(),
            head: opened.head.into(),
            pruned: opened.pruned.into(),
            messages: opened.messages.into(),
            recalled_at: opened.recalled_at.into(),
            clock: options.clock.clone(),
            path: opened.path.clone(),
            job_tail: OnceLock::new(),
            running: Mutex::new(std::mem::take(&mut opened.running)),
        });
        let store = writer::store::Store::new(opened, options, positions);
        let writer = Writer::new(
            store,
            Arc::clone(&shared),
            files,
            Box::new(tail),
            Box::new(fatal),
        );
        let thread = std::thread::Builder::new().name("log".into());
        let writer = thread.spawn(|| writer.run()).map_err(OpenError::Thread)?;
        Ok(Self {
            shared,
            writer: Some(writer),
            _lock: lock,
        })
    }

    /// Which positions have which epoch.
    pub fn openings(&self) -> &Openings {
        &self.shared.openings
    }

    /// The cursor of a position.
    pub fn cursor(&self, seq: Seq) -> Cursor {
        self.shared.openings.cursor(seq)
    }

    /// The newest position that is durable.
    pub fn head(&self) -> Seq {
        self.shared.head.load(Ordering::Acquire)
    }

    /// The oldest position that retention has surely not touched.
    pub fn tail_start(&self) -> Seq {
        self.shared.pruned.load(Ordering::Acquire) + 1
    }

    /// Where a cursor stands. It costs no read of the file.
    pub fn check(&self, cursor: &Cursor) -> Standing {
        let pruned = self.shared.pruned.load(Ordering::Acquire);
        let end = self.head() + 1;
        let shared_until = match self.shared.openings.compare(&cursor.epoch) {
            History::Same => end,
            History::SameBefore(first) => first,
            History::Other => return Standing::UnknownEpoch,
        };
        if cursor.seq >= shared_until {
            Standing::RolledBack {
                from: shared_until,
                to: cursor.seq,
            }
        } else if cursor.seq < pruned {
            Standing::Pruned {
                from: cursor.seq + 1,
                to: pruned,
            }
        } else {
            Standing::Exact
        }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.shared.queue.close(AppendError::Closed);
        if let Some(writer) = self.writer.take() {
            // It catches its own panics and has told the reason.
            let _ = writer.join();
        }
    }
}
