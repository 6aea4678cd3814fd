//! Rows that are all in memory, and whose changes somebody is told of: API keys, and people.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use parking_lot::RwLock;

/// Called with each row at the start, and with each row that has changed after its commit, on the writer's thread. None: it
/// was removed.
pub type RowTail<T> = Box<dyn Fn(&Arc<str>, Option<&Arc<T>>) + Send + Sync>;

/// Rows by id.
pub(super) type Rows<T> = BTreeMap<Arc<str>, Arc<T>>;

/// A row that has changed. None: it was removed.
pub(super) type Changed<T> = (Arc<str>, Option<Arc<T>>);

/// All rows by id, and who is told of changes.
pub(super) struct ToldRows<T> {
    rows: RwLock<Rows<T>>,
    tail: OnceLock<RowTail<T>>,
}

impl<T> Default for ToldRows<T> {
    fn default() -> Self {
        Self::new(Rows::new())
    }
}

impl<T> ToldRows<T> {
    /// The rows of the file.
    pub fn new(rows: Rows<T>) -> Self {
        Self {
            rows: RwLock::new(rows),
            tail: OnceLock::new(),
        }
    }

    /// Sets who is told of changes, and tells it all rows. Call it once.
    pub fn set_tail(&self, tail: RowTail<T>) {
        // No change comes between the rows that are there and those that follow.
        let rows = self.rows.write();
        rows.iter().for_each(|(id, row)| tail(id, Some(row)));
        let first = self.tail.set(tail).is_ok();
        debug_assert!(first, "there is one receiver");
    }

    /// Takes over what a commit has changed.
    pub fn update(&self, changed: &[Changed<T>]) {
        if changed.is_empty() {
            return;
        }
        let mut rows = self.rows.write();
        for (id, row) in changed {
            match row {
                Some(row) => drop(rows.insert(Arc::clone(id), Arc::clone(row))),
                None => drop(rows.remove(id)),
            }
            if let Some(tail) = self.tail.get() {
                tail(id, row.as_ref());
            }
        }
    }

    /// One row.
    pub fn get(&self, id: &str) -> Option<Arc<T>> {
        self.rows.read().get(id).cloned()
    }

    /// Up to `limit` rows that were made before this one, newest first.
    pub fn before(&self, before: Option<&str>, limit: usize) -> Vec<Arc<T>> {
        let rows = self.rows.read();
        let newest_first = rows.iter().rev();
        newest_first
            .filter(|(id, _)| before.is_none_or(|before| &***id < before))
            .take(limit)
            .map(|(_, row)| Arc::clone(row))
            .collect()
    }
}
