//! Releases SQLite page caches and interned names after one second of idleness, so that a burst of connections does not
//! cost memory for as long as the server runs.

use std::time::{Duration, Instant};

use crate::log::{reader::pool::ReaderPool, schema, writer::store::Store};

/// How long the writer must be idle.
const IDLE_AFTER: Duration = Duration::from_secs(1);

/// See the module documentation.
pub(in crate::log) struct IdleRelease {
    /// When the writer was last active. None if the memory was released since then.
    active_at: Option<Instant>,
}

impl Default for IdleRelease {
    fn default() -> Self {
        let active_at = Some(Instant::now());
        Self { active_at }
    }
}

impl IdleRelease {
    /// Records that the writer is active.
    pub fn note_activity(&mut self) {
        self.active_at = Some(Instant::now());
    }

    /// Limits a wait of the writer so that the release is not late.
    pub fn limit_wait(&self, timeout: Option<Duration>) -> Option<Duration> {
        let left = self
            .active_at
            .map(|active_at| IDLE_AFTER.saturating_sub(active_at.elapsed()));
        [timeout, left].into_iter().flatten().min()
    }

    /// Releases the memory if the writer has been idle for long enough.
    pub fn release_if_idle(&mut self, store: &mut Store, readers: &ReaderPool) {
        if self
            .active_at
            .is_some_and(|active_at| active_at.elapsed() >= IDLE_AFTER)
        {
            self.active_at = None;
            store.audiences.clear();
            schema::release_memory(&store.conn);
            readers.release_memory();
        }
    }
}
