//! When the log gives back the memory in which it remembers its file and who is in it: once nothing has come
//! for a while. Else a rush of connections would cost megabytes for as long as the server runs.

use std::time::{Duration, Instant};

use super::{readers::Readers, schema, store::Store};

/// How long nothing has come by then.
const WHILE: Duration = Duration::from_secs(1);

/// See the module's description.
pub(super) struct Rest {
    /// When the writer did something last; none: it has rested since.
    busy: Option<Instant>,
}

impl Default for Rest {
    fn default() -> Self {
        let busy = Some(Instant::now());
        Self { busy }
    }
}

impl Rest {
    /// Something has come.
    pub fn put_off(&mut self) {
        self.busy = Some(Instant::now());
    }

    /// How long the writer may sleep, who else would for this long.
    pub fn patience(&self, patience: Option<Duration>) -> Option<Duration> {
        let left = self.busy.map(|busy| WHILE.saturating_sub(busy.elapsed()));
        [patience, left].into_iter().flatten().min()
    }

    /// Gives back what nobody needs for now.
    pub fn take_if_due(&mut self, store: &mut Store, readers: &Readers) {
        if self.busy.is_some_and(|busy| busy.elapsed() >= WHILE) {
            self.busy = None;
            store.audiences.forget();
            schema::rest(&store.conn);
            readers.rest();
        }
    }
}
