//! Webhooks in the log, so that all nodes of a cluster have the same hooks and events, and another node can go on with
//! deliveries.

use std::sync::Arc;

use tokio::sync::watch;

use crate::log::{
    Log,
    change::Change,
    error::{AppendError, ReadError},
    event_kind::EventKinds,
    hook::{HookChange, HookDelivery, HookEvent, Present, StoredHook},
    hook_event_rows, hook_presence_rows, hook_rows,
    told_rows::RowTail,
};

impl Log {
    /// Changes hooks. It is durable when this returns.
    pub async fn change_hook(&self, change: HookChange) -> Result<(), AppendError> {
        self.change(Change::Hook(change)).await
    }

    /// Sets the function that gets all hooks, and each that changes. Call it once.
    pub fn set_hook_tail(&self, tail: RowTail<StoredHook>) {
        self.shared.hooks.set_tail(tail);
    }

    /// One hook. None if there is none with this id.
    pub fn hook(&self, id: &str) -> Option<Arc<StoredHook>> {
        self.shared.hooks.get(id)
    }

    /// All hooks, newest first. It does not read the file.
    pub fn hooks(&self) -> Vec<Arc<StoredHook>> {
        self.shared.hooks.before(None, usize::MAX)
    }

    /// Tells when events were written.
    pub fn hook_events_written(&self) -> watch::Receiver<()> {
        self.shared.hook_events.subscribe()
    }

    /// Up to `limit` events after this one, in order.
    pub fn hook_events(&self, after: u64, limit: usize) -> Result<Vec<HookEvent>, ReadError> {
        self.query(|conn| Ok(hook_event_rows::after(conn, after, limit)?))
    }

    /// The events with these numbers, as far as they are kept.
    pub fn hook_events_at(&self, numbers: &[u64]) -> Result<Vec<HookEvent>, ReadError> {
        self.query(|conn| Ok(hook_event_rows::with_numbers(conn, numbers)?))
    }

    /// The number of the newest event.
    pub fn newest_hook_event(&self) -> Result<u64, ReadError> {
        self.query(|conn| Ok(hook_event_rows::newest(conn)?))
    }

    /// How many events of these kinds are after this one, up to `most`.
    pub fn count_hook_events(
        &self,
        after: u64,
        kinds: EventKinds,
        most: usize,
    ) -> Result<u64, ReadError> {
        self.query(|conn| Ok(hook_event_rows::count_after(conn, after, kinds, most)?))
    }

    /// Up to `limit` deliveries of a hook, of events before this one, newest first.
    pub fn hook_deliveries(
        &self,
        hook: &str,
        before: u64,
        limit: usize,
    ) -> Result<Vec<HookDelivery>, ReadError> {
        self.query(|conn| Ok(hook_rows::deliveries(conn, hook, before, limit)?))
    }

    /// Up to `limit` of those who are present at a node, as far as a hook wants to know.
    pub fn hook_presence(&self, node: &str, limit: usize) -> Result<Vec<Present>, ReadError> {
        self.query(|conn| Ok(hook_presence_rows::present(conn, node, limit)?))
    }

    /// The nodes at which somebody is present, as far as a hook wants to know.
    pub fn hook_nodes(&self) -> Result<Vec<String>, ReadError> {
        self.query(|conn| Ok(hook_presence_rows::nodes(conn)?))
    }
}
