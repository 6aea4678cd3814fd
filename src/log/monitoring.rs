//! What monitoring asks the log.

use std::sync::atomic::Ordering;

use crate::job::State;
use crate::log::{
    Log, ReadError,
    codes::sql,
    job_rows,
    options::Retention,
    writer::{reply::channel, task::Task},
};
use crate::message::{Seq, TraceParent};
use crate::metrics::HistogramSnapshot;

/// With less free space than this, in bytes, a disk counts as full after a write has failed: the files of the log grow in
/// steps of some pages.
const FULL: u64 = 1 << 20;

impl Log {
    /// How long commits took since the log was opened, including fsync.
    pub fn commit_durations(&self) -> HistogramSnapshot {
        self.shared.counters.durations()
    }

    /// Whether the last write has failed because the disk was full, and there is still no space. Blocks.
    pub fn is_disk_full(&self) -> bool {
        self.shared.disk_full.load(Ordering::Relaxed)
            && self.disk_space().is_none_or(|(free, _)| free < FULL)
    }

    /// The bytes that may still be written to the disk of the log, and its size. None if that is unknown. Blocks.
    pub fn disk_space(&self) -> Option<(u64, u64)> {
        let found = rustix::fs::statvfs(&self.shared.path).ok()?;
        let free = found.f_bavail.saturating_mul(found.f_frsize);
        Some((free, found.f_blocks.saturating_mul(found.f_frsize)))
    }

    /// The number of jobs in each state. Blocks.
    pub fn job_counts(&self) -> Result<[(State, u64); State::ALL.len()], ReadError> {
        self.query(|conn| {
            let mut counts = State::ALL.map(|state| (state, 0));
            let mut find =
                conn.prepare_cached("SELECT state, count(*) FROM jobs GROUP BY state")?;
            let mut rows = find.query([])?;
            while let Some(row) = rows.next()? {
                let code: usize = row.get(0)?;
                let of = |state: &State| job_rows::code(&State::ALL, state) == Some(code);
                if let Some((_, count)) = counts.iter_mut().find(|(state, _)| of(state)) {
                    *count = row.get(1)?;
                }
            }
            Ok(counts)
        })
    }

    /// Where a message belongs in a distributed trace. None if its push did not say. Blocks.
    pub fn trace(&self, seq: Seq) -> Result<Option<TraceParent>, ReadError> {
        let found = self.query(|conn| {
            let mut find = conn.prepare_cached("SELECT parent FROM traces WHERE seq = ?1")?;
            let mut rows = find.query([sql(seq)])?;
            Ok(match rows.next()? {
                Some(row) => TraceParent::parse(&row.get::<_, String>(0)?),
                None => None,
            })
        });
        match found {
            // The message itself matters more.
            Err(error) if error.is_damage() => Ok(None),
            found => found,
        }
    }

    /// Waits until the writer answers. False: it has ended.
    pub async fn ping(&self) -> bool {
        let (sender, receiver) = channel();
        self.shared
            .queue
            .push(0, 0, || Some(Task::Ping(Box::new(move || sender.send(())))));
        receiver.await.is_some()
    }

    /// Keeps messages and the audit trail like this from now on.
    pub fn set_retention(&self, retention: Retention) {
        self.shared
            .queue
            .push(0, 0, || Some(Task::Retain(retention)));
    }
}
