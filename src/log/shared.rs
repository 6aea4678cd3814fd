//! The state that the writer thread shares with the users of the log.

use std::{
    path::PathBuf,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64},
    },
};

use parking_lot::Mutex;
use tokio::sync::watch;

use crate::job::Job;
use crate::log::{
    api_key::ApiKey, damage::DamageRecord, hook::StoredHook, job_tail::JobTail, openings::Openings,
    options::Clock, person::StoredPerson, positions::Positions, reader::pool::ReaderPool,
    replica_state::ReplicaState, schedule_rows::WaitingSchedules, session_rows::Sessions,
    token_rows::Revocations, told_rows::ToldRows, writer::counters::Counters, writer::queue::Queue,
};

/// See the module documentation.
pub(super) struct Shared {
    pub(super) queue: Queue,
    pub(super) readers: ReaderPool,
    pub(super) positions: Arc<Positions>,
    pub(super) counters: Counters,
    pub(super) damage: DamageRecord,
    /// Whether the last write has failed because the disk was full.
    pub(super) disk_full: AtomicBool,
    pub(super) openings: Openings,
    pub(super) head: AtomicU64,
    pub(super) pruned: AtomicU64,
    pub(super) messages: AtomicU64,
    /// The newest head at which a message was recalled.
    pub(super) recalled_at: AtomicU64,
    pub(super) clock: Clock,
    pub(super) path: PathBuf,
    pub(super) job_tail: OnceLock<JobTail>,
    /// The jobs that were running when the log was opened, until [`Log::set_job_tail`](crate::log::Log::set_job_tail)
    /// takes them.
    pub(super) running: Mutex<Vec<Arc<Job>>>,
    pub(super) sessions: Sessions,
    pub(super) keys: ToldRows<ApiKey>,
    pub(super) hooks: ToldRows<StoredHook>,
    /// Tells when events of hooks were written.
    pub(super) hook_events: watch::Sender<()>,
    pub(super) people: ToldRows<StoredPerson>,
    pub(super) revocations: Revocations,
    pub(super) schedules: WaitingSchedules,
    /// How many topics have a state.
    pub(super) states: AtomicU64,
    /// Whether a topic may have a state.
    pub(super) has_states: AtomicBool,
    /// Whether there may be urgent messages to clients.
    pub(super) has_urgent: AtomicBool,
    /// None for a log that is in no cluster.
    pub(super) replica: Option<ReplicaState>,
}
