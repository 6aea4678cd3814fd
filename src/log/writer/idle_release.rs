//! When the log gives back the memory in which it remembers its file and who is in it: once nothing has come
//! for a while. Else a rush of connections would cost megabytes for as long as the server runs.

use std::time::{Duration, Instant};

use crate::log::{reader::pool::ReaderPool, schema, writer::store::Store};

/// How long nothing has come by then.
const IDLE_AFTER: Duration = Duration::from_secs(1);

/// See the module's description.
pub(in crate::log) struct IdleRelease {
    /// When the writer did something last; none: it has rested since.
    busy: Option<Instant>,
}

impl Default for IdleRelease {
    fn default() -> Self {
        let busy = Some(Instant::now());
        Self { busy }
    }
}

impl IdleRelease {
    /// Something has come.
    pub fn note_activity(&mut self) {
        self.busy = Some(Instant::now());
    }

    /// How long the writer may sleep, who else would for this long.
    pub fn limit_sleep(&self, patience: Option<Duration>) -> Option<Duration> {
        let left = self
            .busy
            .map(|busy| IDLE_AFTER.saturating_sub(busy.elapsed()));
        [patience, left].into_iter().flatten().min()
    }

    /// Gives back what nobody needs for now.
    pub fn release_if_idle(&mut self, store: &mut Store, readers: &ReaderPool) {
        if self.busy.is_some_and(|busy| busy.elapsed() >= IDLE_AFTER) {
            self.busy = None;
            store.audiences.clear();
            schema::release_memory(&store.conn);
            readers.release_memory();
        }
    }
}
