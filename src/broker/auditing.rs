//! Writes the audit trail: at once, or with what else was gathered.

use std::{
    convert::Infallible,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use super::{Broker, audit_trail::Gathered};
use crate::{
    log::{AppendError, AuditChange, AuditEntry, AuditSource},
    message::Draft,
};

/// How often entries are written, at least.
const INTERVAL: Duration = Duration::from_secs(1);

/// Entries after which they are written at once.
const MANY: usize = 1_000;

impl Broker {
    /// Whether what is done is written to the audit trail. Not while a node of the cluster does not know it.
    pub fn is_audited(&self) -> bool {
        let nodes = self.nodes.as_ref();
        !self.audit.off.load(Ordering::Relaxed)
            && nodes.is_none_or(|nodes| nodes.cluster().know_audit())
    }

    /// Begins or ends to write the audit trail.
    pub fn set_audited(&self, on: bool) {
        self.audit.off.store(!on, Ordering::Relaxed);
    }

    /// Adds an entry to the audit trail, within a second. `counts`: it may be one of many, and is counted in one entry with
    /// the others of its minute.
    pub fn note_audit(&self, entry: AuditEntry, counts: bool) {
        self.note(|gathered| gathered.add(entry, counts, Instant::now()));
    }

    /// Adds an entry to the audit trail. It is durable when this returns. What can't be written now is tried again.
    pub async fn write_audit(&self, entry: AuditEntry) {
        if !self.is_audited() {
            return;
        }
        let change = AuditChange {
            entries: vec![entry.clone()],
            counts: Vec::new(),
        };
        if let Err(error) = self.log.write_audit(change).await {
            tracing::warn!(%error, "an entry of the audit trail is not written yet");
            self.note_audit(entry, false);
        }
    }

    /// An ephemeral push, which has no change of the log.
    pub(super) fn note_ephemeral(&self, draft: &Draft, source: Option<AuditSource>) {
        if let Some(source) = source {
            self.note(|gathered| gathered.add_push(source, &draft.audience, Instant::now()));
        }
    }

    fn note(&self, add: impl FnOnce(&mut Gathered)) {
        if !self.is_audited() {
            return;
        }
        let mut gathered = self.audit.gathered.lock();
        let before = gathered.waiting();
        add(&mut gathered);
        let is_many = before < MANY && gathered.waiting() >= MANY;
        drop(gathered);
        if is_many {
            self.audit.many.notify_one();
        }
    }

    /// Writes the audit trail, periodically.
    pub async fn write_audit_trail(self: Arc<Self>) -> Infallible {
        loop {
            // The time does not matter: it is written when there is much of it.
            let _ = tokio::time::timeout(INTERVAL, self.audit.many.notified()).await;
            // A task of its own: when this one is ended, what it has taken is written all the same.
            let broker = Arc::clone(&self);
            let flush = tokio::spawn(async move { broker.flush_audit().await });
            if let Ok(Err(error)) = flush.await {
                tracing::debug!(%error, "the audit trail is not written yet");
            }
        }
    }

    /// Writes all entries that were gathered.
    pub async fn flush_audit(&self) -> Result<(), AppendError> {
        let _turn = self.audit.writing.lock().await;
        let (change, kinds) = self.audit.gathered.lock().take(Instant::now());
        if change.entries.is_empty() && change.counts.is_empty() {
            return Ok(());
        }
        let written = self.log.write_audit(change.clone()).await;
        let mut gathered = self.audit.gathered.lock();
        match written {
            Ok(first) => {
                gathered.written(kinds, first.unwrap_or_default());
                Ok(())
            }
            Err(error) => {
                gathered.not_written(change, kinds);
                Err(error)
            }
        }
    }
}
