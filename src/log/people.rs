//! People in the log, so that all nodes of a cluster have the same people, and whoever is removed is removed at all of them.

use std::sync::Arc;

use crate::log::{
    Log,
    change::Change,
    error::AppendError,
    person::{PersonChange, StoredPerson},
    told_rows::RowTail,
};

impl Log {
    /// Changes people. It is durable when this returns.
    pub async fn change_person(&self, change: PersonChange) -> Result<(), AppendError> {
        self.change(Change::Person(change)).await
    }

    /// Sets the function that gets all people, and each that changes. Call it once.
    pub fn set_person_tail(&self, tail: RowTail<StoredPerson>) {
        self.shared.people.set_tail(tail);
    }

    /// One person. None if there is none with this id.
    pub fn person(&self, id: &str) -> Option<Arc<StoredPerson>> {
        self.shared.people.get(id)
    }

    /// Up to `limit` people that were added before this one, newest first. It does not read the file.
    pub fn people(&self, before: Option<&str>, limit: usize) -> Vec<Arc<StoredPerson>> {
        self.shared.people.before(before, limit)
    }
}
