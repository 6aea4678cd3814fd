//! Pushes that are stored for later.

use super::{
    Broker,
    publish::{Later, PublishError, Published, Push},
};
use crate::log::{
    AppendError, AuditEntry, AuditTarget, Entry, NewSchedule, ScheduleSize, Scheduled,
};

/// The name in the audit trail of a push that is stored for later.
const SCHEDULE: &str = "schedule";

impl Broker {
    /// A push that is to be stored for later. It is noted in the audit trail now, and again when it is pushed.
    pub(super) fn prepare_later(&self, push: Push, later: Later) -> NewSchedule {
        if let Some(source) = &push.source {
            let mut entry = AuditEntry::new(source.clone(), SCHEDULE);
            entry.target = Some(AuditTarget::Audience(push.draft.audience.clone()));
            self.note_audit(entry, false);
        }
        let mut entry = Entry::new(push.draft)
            .traced(push.trace)
            .audited(push.source);
        if let Some(key) = push.key {
            entry = entry.with_key(key);
        }
        NewSchedule::new(entry, later.when, later.most)
    }

    /// The outcome of a push that was stored for later. `most`: how much may be.
    pub(super) fn scheduled(
        stored: Scheduled,
        most: ScheduleSize,
    ) -> Result<Published, PublishError> {
        match stored {
            Scheduled::Stored(id, due_at) | Scheduled::Repeated(id, due_at) => Ok(Published {
                cursor: None,
                connections: 0,
                queued: true,
                job: None,
                missing_nodes: Vec::new(),
                scheduled: Some((id, due_at)),
            }),
            Scheduled::Full => Err(PublishError::TooManyScheduled(most)),
            Scheduled::KeyReused => Err(AppendError::KeyReused { seq: 0 }.into()),
            Scheduled::Cancelled | Scheduled::NotWaiting | Scheduled::Sent => {
                Err(AppendError::Failed.into())
            }
        }
    }
}
