//! The log: the durable, totally ordered list of messages. It alone defines their order.
//!
//! One thread writes. It takes all queued tasks, commits them in one SQLite transaction with one fsync, passes the
//! messages to the tail in order, and then answers. Reads use their own connections and see the log as of one moment,
//! so reads and writes do not block each other.
//!
//! Jobs are stored beside the messages, by the same thread in the same commits.
//!
//! The log knows neither connections nor an async runtime. Reads block: async tasks must call them on a thread that may
//! block. [`Log::append`] is a future for any runtime.

mod api_key;
mod audiences;
mod audit;
mod audit_codes;
mod audit_entry;
mod audit_packs;
mod audit_rows;
mod backup;
mod bulk_insert;
mod change;
mod check;
mod clients;
mod codes;
mod copy;
mod copy_error;
mod copy_files;
mod damage;
mod entry;
mod error;
mod event_kind;
mod file_version;
mod files;
mod following;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod gap;
mod handling_rows;
mod hook;
mod hook_event_rows;
mod hook_presence_rows;
mod hook_rows;
mod hooks;
mod incoming;
mod job_rows;
mod job_tail;
mod jobs;
mod kept_size;
mod key_rows;
mod keys;
mod migrations;
mod monitoring;
mod offline;
mod online_copy;
mod openings;
mod options;
mod outcome;
mod people;
mod person;
mod person_rows;
mod position_rows;
mod positions;
mod postings;
mod reader;
mod recalls;
mod receipts;
mod record;
mod replica_rows;
mod replica_state;
mod replication;
mod restore;
mod retention;
mod rows;
mod sample;
mod sample_rows;
mod samples;
mod saved_item;
mod saved_items;
mod saved_rows;
mod schedule;
mod schedule_rows;
mod schedules;
mod schema;
mod session;
mod session_rows;
mod sessions;
mod shared;
mod state_rows;
mod states;
mod token_rows;
mod tokens;
mod told_rows;
mod update_rows;
mod writer;

#[cfg(test)]
mod tests;

pub use api_key::{ApiKey, KeyChange, KeyDigest, KeyUse, NewApiKey, NodePushes};
pub use audit_entry::{
    AuditCaller, AuditChange, AuditEntry, AuditFilter, AuditPage, AuditRecord, AuditSource,
    AuditTarget, OK, PUSH,
};
pub use backup::{BackupError, backup};
pub use change::RevokedTokens;
pub use check::{CheckReport, check};
pub use clients::{ClientPage, KnownClient};
pub use copy::{CopyFacts, CopySource, OutgoingCopy};
pub use copy_error::CopyError;
pub use damage::Damage;
pub use entry::{Appended, Entry, IdempotencyKey, InvalidIdempotencyKey};
pub use error::{AppendError, JobCommandError, OpenError, ReadError, WHAT_TO_DO};
pub use event_kind::{EventKind, EventKinds};
pub use file_version::{FileVersion, file_version};
pub use following::known;
pub use gap::{LogGap, LogGapReason};
pub use hook::{
    DeliveryOutcome, Failing, HiddenText, HookChange, HookDelivery, HookEvent, HookProgress,
    NewHookEvent, NodeEvents, Present, StoredHook,
};
pub use incoming::{IncomingCopy, exists};
pub use job_tail::{JobChange, JobTail};
pub use jobs::{EndedJob, JobPage, LinePage, LineRange, MEASURED as MEASURED_JOBS};
pub use kept_size::KeptSize;
pub use offline::OfflineLog;
pub use online_copy::OnlineCopy;
pub use openings::Openings;
pub use options::{Clock, Durability, LogOptions, Retention};
pub use outcome::{MaintenanceCounts, Recalled};
pub use person::{Hidden, PersonChange, PersonName, StoredPerson, StoredTotp};
pub use positions::ClientPosition;
pub use reader::history::{Ended, HistoryPage, Record};
pub use reader::history_filter::{HistoryAudience, HistoryFilter};
pub use reader::page::{Page, PageLimit};
pub use reader::queries::Stats;
pub use reader::replay::Subscriptions;
pub use record::VERSION as RECORD_VERSION;
pub use replica_state::{ReplicaEvent, ReplicaTail};
pub use replication::{AppliedRecord, RecordPublisher, Replication, StreamRecord};
pub use restore::{RestoreError, RestoreOptions, Restored, restore};
pub use sample::{MarkKind, NewSamples, NodeMark, NodeSample, Step};
pub use saved_item::{NewSaved, SavedChange, SavedHead, SavedItem, SavedKind};
pub use schedule::{
    NewSchedule, Schedule, ScheduleId, SchedulePlace, ScheduleState, Scheduled, When,
};
pub use session::{OpenedBy, Session, SessionChange, SessionDigest};
pub use state_rows::{StatesPage, TopicState};
pub use told_rows::RowTail;
pub use writer::append::Busy;
pub use writer::counters::{BATCH_CLASSES, Work};

use std::{
    fs::File,
    sync::{Arc, OnceLock, atomic::Ordering},
    thread::JoinHandle,
};

use parking_lot::Mutex;
use tokio::sync::watch;

use crate::message::{Cursor, Message, Seq};
use files::FileWatch;
use openings::History;
use replica_state::ReplicaState;
use shared::Shared;
use writer::Writer;
use writer::queue::{Bound, Queue};

/// How many positions another node of a cluster may be ahead of this one. A cursor further ahead belongs to another
/// history.
const MAX_BEHIND: Seq = 1 << 24;

/// The log. Dropping it closes it: all accepted tasks are executed and answered first.
pub struct Log {
    shared: Arc<Shared>,
    writer: Option<JoinHandle<()>>,
    /// Locked as long as the log is open.
    _lock: File,
}

/// The state of a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It belongs to this log, and no message after it was pruned.
    Exact,
    /// It belongs to this log, but messages in this range may have been pruned. [`Page::gaps`] says whether some of
    /// them were for the reader.
    Pruned {
        /// The first position that may be missing.
        from: Seq,
        /// The last position that is missing.
        to: Seq,
    },
    /// It belongs to another log.
    UnknownEpoch,
    /// It belongs to a history that was rolled back: an older copy of the log was restored, or a crash has lost the
    /// newest messages. The reader has received messages in this range that are no longer in the log, or that were
    /// replaced.
    RolledBack {
        /// The first such position. All positions before it are the same as in the log.
        from: Seq,
        /// The position of the cursor.
        to: Seq,
    },
}

impl Log {
    /// Opens the log in its folder, or creates it.
    ///
    /// `tail` gets the epochs and the messages of each commit, in order, on the writer's thread, before they are
    /// answered. It returns the number of connections that each message was sent to. The head moves before the tail is
    /// called, so a connection that registers with the receiver of the tail and then replays up to [`Log::head`] misses
    /// nothing. `fatal` is called once, with the reason, if the state of the file becomes unknown. Then no more
    /// messages are stored, and the process should end.
    pub fn open(
        mut options: LogOptions,
        tail: impl FnMut(&Openings, &[Arc<Message>]) -> Vec<u64> + Send + 'static,
        fatal: impl FnOnce(String) + Send + 'static,
    ) -> Result<Self, OpenError> {
        let clock_offset = Arc::default();
        if options.replication.is_some() {
            // The stream is what is durable. A file that has lost its newest commits reads them again.
            options.durability = Durability::Os;
            options.clock = replica_state::stream_clock(options.clock, Arc::clone(&clock_offset));
        }
        let lock = schema::lock(&options.folder)?;
        copy_files::remove_leftovers(&options.folder);
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
            damage: std::mem::take(&mut opened.damage),
            disk_full: false.into(),
            openings: opened.openings.clone(),
            head: opened.head.into(),
            pruned: opened.pruned.into(),
            messages: opened.messages.into(),
            recalled_at: opened.recalled_at.into(),
            clock: options.clock.clone(),
            path: opened.path.clone(),
            job_tail: OnceLock::new(),
            running: Mutex::new(std::mem::take(&mut opened.running)),
            sessions: std::mem::take(&mut opened.sessions),
            keys: std::mem::take(&mut opened.keys),
            hooks: std::mem::take(&mut opened.hooks),
            hook_events: watch::Sender::default(),
            people: std::mem::take(&mut opened.people),
            revocations: std::mem::take(&mut opened.revocations),
            schedules: opened.schedules.clone(),
            states: opened.states.messages.into(),
            has_states: opened.has_states.into(),
            has_urgent: opened.has_urgent.into(),
            replica: opened
                .applied
                .map(|applied| ReplicaState::new(applied, clock_offset)),
        });
        let member = options.replication.clone().zip(opened.applied);
        let store = writer::store::Store::new(opened, options, positions);
        let mut writer = Writer::new(
            store,
            Arc::clone(&shared),
            files,
            Box::new(tail),
            Box::new(fatal),
        );
        if let Some((replication, applied)) = member {
            writer = writer.in_cluster(replication, applied).map_err(|source| {
                let path = shared.path.clone();
                OpenError::Database { path, source }
            })?;
        }
        let thread = std::thread::Builder::new().name("log".into());
        let writer = thread.spawn(|| writer.run()).map_err(OpenError::Thread)?;
        Ok(Self {
            shared,
            writer: Some(writer),
            _lock: lock,
        })
    }

    /// The epochs of all positions.
    pub fn openings(&self) -> &Openings {
        &self.shared.openings
    }

    /// The cursor of a position.
    pub fn cursor(&self, seq: Seq) -> Cursor {
        self.shared.openings.cursor(seq)
    }

    /// The newest durable position.
    pub fn head(&self) -> Seq {
        self.shared.head.load(Ordering::Acquire)
    }

    /// The oldest position that retention has certainly not removed.
    pub fn tail_start(&self) -> Seq {
        self.shared.pruned.load(Ordering::Acquire) + 1
    }

    /// Checks a cursor. It does not read the file.
    pub fn check(&self, cursor: &Cursor) -> Standing {
        let pruned = self.shared.pruned.load(Ordering::Acquire);
        let mut end = self.head() + 1;
        if self.shared.replica.is_some() {
            // Another node may have applied more of the stream.
            end += MAX_BEHIND;
        }
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
            // The thread catches its own panics and has reported the reason.
            let _ = writer.join();
        }
    }
}
