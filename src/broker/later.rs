//! Pushes that are stored for later.

use super::{
    Broker,
    publish::{Later, PublishError, Published, Push},
};
use crate::log::{AppendError, AuditEntry, AuditTarget, Entry, KeptSize, NewSchedule, Scheduled};

/// The name in the audit trail of a push that is stored for later.
const SCHEDULE: &str = "schedule";

impl Broker {
    /// A push that is to be stored for later, and its entry of the audit trail. It has another one when it is pushed.
    pub(super) fn prepare_later(push: Push, later: Later) -> (NewSchedule, Option<AuditEntry>) {
        let audit = push.source.as_ref().map(|source| {
            let mut entry = AuditEntry::new(source.clone(), SCHEDULE);
            entry.target = Some(AuditTarget::Audience(push.draft.audience.clone()));
            entry
        });
        let mut entry = Entry::new(push.draft)
            .traced(push.trace)
            .audited(push.source)
            .with_most_states(push.most_states);
        if let Some(key) = push.key {
            entry = entry.with_key(key);
        }
        (NewSchedule::new(entry, later.when, later.most), audit)
    }

    /// The outcome of a push that was stored for later. `most`: how much may be.
    pub(super) fn scheduled(
        &self,
        stored: Scheduled,
        (most, audit): (KeptSize, Option<AuditEntry>),
    ) -> Result<Published, PublishError> {
        match stored {
            Scheduled::Stored(id, due_at) | Scheduled::Repeated(id, due_at) => {
                if let Some(entry) = audit {
                    self.note_audit(entry, false);
                }
                Ok(Published {
                    cursor: None,
                    connections: 0,
                    queued: true,
                    job: None,
                    missing_nodes: Vec::new(),
                    scheduled: Some((id, due_at)),
                })
            }
            Scheduled::Full => Err(PublishError::TooManyScheduled(most)),
            Scheduled::StatesFull(most) => Err(AppendError::TooManyStates(most).into()),
            Scheduled::KeyReused => Err(AppendError::KeyReused { seq: 0 }.into()),
            Scheduled::Cancelled | Scheduled::NotWaiting | Scheduled::Sent => {
                Err(AppendError::Failed.into())
            }
        }
    }
}
