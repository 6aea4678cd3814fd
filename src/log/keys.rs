//! API keys in the log, so that all nodes of a cluster have the same keys, and a revoked key is revoked at all of them.

use std::sync::Arc;

use crate::log::{
    Log,
    api_key::{ApiKey, KeyChange},
    change::Change,
    error::AppendError,
    told_rows::RowTail,
};

impl Log {
    /// Changes keys. It is durable when this returns.
    pub async fn change_key(&self, change: KeyChange) -> Result<(), AppendError> {
        self.change(Change::Key(change)).await
    }

    /// Sets the function that gets all keys, and each that changes. Call it once.
    pub fn set_key_tail(&self, tail: RowTail<ApiKey>) {
        self.shared.keys.set_tail(tail);
    }

    /// One key. None if there is none with this id.
    pub fn key(&self, id: &str) -> Option<Arc<ApiKey>> {
        self.shared.keys.get(id)
    }

    /// Up to `limit` keys that were made before this one, newest first. It does not read the file.
    pub fn keys(&self, before: Option<&str>, limit: usize) -> Vec<Arc<ApiKey>> {
        self.shared.keys.before(before, limit)
    }
}
