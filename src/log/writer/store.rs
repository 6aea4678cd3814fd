//! The transactions of the writer.

use std::sync::Arc;

use rusqlite::Connection;

use crate::log::{
    audiences::Audiences,
    audit_rows::CallerCache,
    error::StoreError,
    event_kind::EventKinds,
    kept_size::KeptSize,
    options::{Durability, LogOptions},
    positions::Positions,
    schema::Opened,
};
use crate::message::Seq;

/// The connection of the writer, with the state that it caches.
pub(in crate::log) struct Store {
    pub conn: Connection,
    pub options: LogOptions,
    pub audiences: Audiences,
    pub callers: CallerCache,
    /// The kinds of events that webhooks want. None: read them from the file.
    pub hook_kinds: Option<EventKinds>,
    /// Whether events for webhooks were written since somebody was told of it.
    pub has_hook_events: bool,
    /// The newest position that was assigned and committed.
    pub head: Seq,
    /// Messages up to here may be missing.
    pub pruned: Seq,
    /// The number of messages.
    pub messages: u64,
    /// What is to be pushed later.
    pub scheduled: KeptSize,
    /// The states of topics.
    pub states: KeptSize,
    /// Pending updates of client positions.
    pub positions: Arc<Positions>,
}

impl Store {
    pub fn new(opened: Opened, options: LogOptions, positions: Arc<Positions>) -> Self {
        Self {
            conn: opened.conn,
            options,
            audiences: Audiences::default(),
            callers: CallerCache::default(),
            hook_kinds: None,
            has_hook_events: false,
            head: opened.head,
            pruned: opened.pruned,
            messages: opened.messages,
            scheduled: opened.scheduled,
            states: opened.states,
            positions,
        }
    }

    /// Runs a transaction. It is durable when this returns, if the log is.
    pub fn transaction<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let result = work(self).and_then(|value| {
            self.conn.prepare_cached("COMMIT")?.execute([])?;
            Ok(value)
        });
        if result.is_err() {
            // Numbers that were assigned in the failed transaction are not in the file.
            self.audiences.clear();
            self.callers.clear();
            self.hook_kinds = None;
            if !self.conn.is_autocommit() {
                self.conn.execute_batch("ROLLBACK")?;
            }
        }
        result
    }

    /// Runs a transaction that power loss may undo, but only together with all later ones. For work that can be
    /// repeated.
    pub fn relaxed<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.options.durability == Durability::Os {
            return self.transaction(work);
        }
        self.conn.execute_batch("PRAGMA synchronous = NORMAL")?;
        let result = self.transaction(work);
        self.conn.execute_batch("PRAGMA synchronous = FULL")?;
        result
    }
}
