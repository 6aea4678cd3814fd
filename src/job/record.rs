//! A job and its data.

use std::{sync::Arc, time::Duration};

use super::{Extent, JobId, NewJob, Reason, State, TrackedPush};
use crate::message::{Receipts, Seq};

/// A job at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// What it does, for people.
    pub title: Arc<str>,
    /// Its state.
    pub state: State,
    /// Why the server ended it, if it did.
    pub reason: Option<Reason>,
    /// Steps that are done.
    pub step: u64,
    /// The total number of steps, if known.
    pub total: Option<u64>,
    /// The last line of its log.
    pub message: Option<Arc<str>>,
    /// Whether it was asked to stop.
    pub cancel_requested: bool,
    /// The timeout of its worker; none for a job that tracks a push.
    pub timeout: Option<Duration>,
    /// When it began, in milliseconds since 1970.
    pub created_at: u64,
    /// When it changed last, in milliseconds since 1970. It grows with each change, even if the clock does not.
    pub updated_at: u64,
    /// When it ended, in milliseconds since 1970.
    pub ended_at: Option<u64>,
    /// The extent of its log.
    pub log: Extent,
    /// The message that it tracks.
    pub push: Option<Seq>,
    /// The receipts of that message.
    pub delivery: Option<Receipts>,
    /// Whether its worker has said how it is tried again.
    pub has_retry: bool,
}

impl Job {
    /// A new job.
    pub fn new(new: &NewJob, now: u64) -> Self {
        Self {
            id: new.id,
            title: Arc::clone(new.title.text()),
            state: State::Running,
            reason: None,
            step: 0,
            total: new.total,
            message: None,
            cancel_requested: false,
            timeout: Some(new.timeout),
            created_at: now,
            updated_at: now,
            ended_at: None,
            log: Extent::NONE,
            push: None,
            delivery: None,
            has_retry: new.retry.is_some(),
        }
    }

    /// A new job that tracks a message to `planned` clients by name.
    pub fn tracking(tracked: &TrackedPush, push: Seq, planned: u64, now: u64) -> Self {
        let new = NewJob {
            id: tracked.id,
            title: tracked.title.clone(),
            total: None,
            timeout: Duration::ZERO,
            retry: None,
        };
        Self {
            timeout: None,
            push: Some(push),
            ..Self::new(&new, now)
        }
        .with_delivery(Receipts {
            audience: planned,
            waiting: planned,
            ..Receipts::default()
        })
    }

    /// The job with these receipts of the tracked message.
    #[must_use]
    pub fn with_delivery(mut self, delivery: Receipts) -> Self {
        self.step = delivery.sent + delivery.acknowledged;
        // A total of 0 would not measure anything.
        self.total = Some(delivery.audience).filter(|total| *total > 0);
        self.delivery = Some(delivery);
        self
    }

    /// The job, changed now.
    #[must_use]
    pub fn updated(mut self, now: u64) -> Self {
        self.updated_at = now.max(self.updated_at + 1);
        self
    }

    pub(super) fn ended(mut self, state: State, now: u64) -> Self {
        self.state = state;
        self = self.updated(now);
        self.ended_at = Some(self.updated_at);
        self
    }
}
