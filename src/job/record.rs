//! A job and what is known of it.

use std::{sync::Arc, time::Duration};

use super::{Extent, JobId, NewJob, Reason, State, TrackedPush};
use crate::message::{Receipts, Seq};

/// A job as it is at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its name.
    pub id: JobId,
    /// What it is, for people.
    pub title: Arc<str>,
    /// Where it is.
    pub state: State,
    /// Why the server ended it.
    pub reason: Option<Reason>,
    /// Steps that are behind it.
    pub step: u64,
    /// Steps that there are, where that is known.
    pub total: Option<u64>,
    /// The newest line of its log.
    pub message: Option<Arc<str>>,
    /// Somebody asked it to stop.
    pub cancel_requested: bool,
    /// How long its worker may be silent; none: it has none, it follows a push.
    pub timeout: Option<Duration>,
    /// When it was made, in milliseconds since 1970.
    pub created_at: u64,
    /// When it changed, in milliseconds since 1970: later with each change, whatever the clock does.
    pub updated_at: u64,
    /// When it ended, in milliseconds since 1970.
    pub ended_at: Option<u64>,
    /// What is in its log.
    pub log: Extent,
    /// The message that it follows.
    pub push: Option<Seq>,
    /// How that message fares.
    pub delivery: Option<Receipts>,
}

impl Job {
    /// A job that begins now.
    pub fn begun(new: &NewJob, now: u64) -> Self {
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
        }
    }

    /// A job that follows a message from now on, which is for so many clients by name.
    pub fn following(tracked: &TrackedPush, push: Seq, planned: u64, now: u64) -> Self {
        let new = NewJob {
            id: tracked.id,
            title: tracked.title.clone(),
            total: None,
            timeout: Duration::ZERO,
        };
        Self {
            timeout: None,
            push: Some(push),
            ..Self::begun(&new, now)
        }
        .faring(Receipts {
            audience: planned,
            waiting: planned,
            ..Receipts::default()
        })
    }

    /// The same with these receipts of the message that it follows.
    #[must_use]
    pub fn faring(mut self, delivery: Receipts) -> Self {
        self.step = delivery.sent + delivery.acknowledged;
        // Nobody at all is no measure of anything.
        self.total = Some(delivery.audience).filter(|total| *total > 0);
        self.delivery = Some(delivery);
        self
    }

    /// The same, changed now.
    #[must_use]
    pub fn touched(mut self, now: u64) -> Self {
        self.updated_at = now.max(self.updated_at + 1);
        self
    }

    pub(super) fn ended(mut self, state: State, now: u64) -> Self {
        self.state = state;
        self = self.touched(now);
        self.ended_at = Some(self.updated_at);
        self
    }
}
