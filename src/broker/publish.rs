//! Publishing: checks a push, sends what is ephemeral, and appends the rest to the log.

use std::{sync::atomic::Ordering, time::Instant};

use super::Broker;
use crate::{
    job::{JobId, TrackedPush},
    log::{AppendError, Appended, Entry, IdempotencyKey},
    message::{Cursor, Draft, FrameWriter},
    outbox::Delivery,
};

/// A parsed push.
#[derive(Clone, Debug)]
pub struct Push {
    /// The message and its audience.
    pub draft: Draft,
    /// The idempotency key.
    pub key: Option<IdempotencyKey>,
    /// Whether to refuse the push when no recipient is connected.
    pub require_online: bool,
    /// The job that tracks it. Not for ephemeral messages, which have no receipts.
    pub tracked: Option<TrackedPush>,
}

/// The outcome of a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The position in the log; none for an ephemeral message.
    pub cursor: Option<Cursor>,
    /// How many connections it was handed to; 0 for a duplicate of an earlier push.
    pub connections: u64,
    /// Whether it is kept in the log for clients that are offline. True of every message in the log: subscribers of a
    /// topic find it there when they reconnect with a cursor.
    pub queued: bool,
    /// The job that tracks it.
    pub job: Option<JobId>,
}

/// Why a push was refused. Nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// The push required a connected recipient, and there is none.
    #[error("nobody whom this is for is connected, and the push asked for that")]
    NobodyOnline,
    /// The log refused or failed.
    #[error(transparent)]
    Log(#[from] AppendError),
}

impl Broker {
    /// Publishes a message. When this returns, it is durable and was handed to all connected recipients.
    pub async fn publish(&self, push: Push) -> Result<Published, PublishError> {
        let began = Instant::now();
        let published = match self.prepare(push)? {
            Prepared::Sent(published) => published,
            Prepared::ForLog(entry) => self.published(self.log.append(entry).await?),
        };
        self.latency.count(began.elapsed(), 1);
        Ok(published)
    }

    /// Publishes several messages, in order and in one commit. Each has its own outcome.
    pub async fn publish_batch(&self, pushes: Vec<Push>) -> Vec<Result<Published, PublishError>> {
        let (began, count) = (Instant::now(), pushes.len() as u64);
        let (mut answers, mut entries) = (Vec::with_capacity(pushes.len()), Vec::new());
        for push in pushes {
            match self.prepare(push) {
                Ok(Prepared::Sent(published)) => answers.push(Some(Ok(published))),
                Ok(Prepared::ForLog(entry)) => {
                    entries.push(entry);
                    answers.push(None);
                }
                Err(error) => answers.push(Some(Err(error))),
            }
        }
        let mut appended = self.log.append_batch(entries).await.into_iter();
        self.latency.count(began.elapsed(), count);
        let mut from_log = || match appended.next() {
            Some(Ok(appended)) => Ok(self.published(appended)),
            Some(Err(error)) => Err(error.into()),
            None => Err(AppendError::Failed.into()),
        };
        answers
            .into_iter()
            .map(|answer| answer.unwrap_or_else(&mut from_log))
            .collect()
    }

    /// Publishes a message of the server itself: ephemeral and not counted.
    pub fn announce(&self, draft: &Draft) {
        self.registry.announce(&draft.audience, &ephemeral(draft));
    }

    /// Checks what can be checked before the log, and sends ephemeral messages.
    fn prepare(&self, push: Push) -> Result<Prepared, PublishError> {
        if push.require_online && self.registry.count(&push.draft.audience).connections == 0 {
            return Err(PublishError::NobodyOnline);
        }
        if push.draft.is_ephemeral() {
            self.messages.fetch_add(1, Ordering::Relaxed);
            let connections = self
                .registry
                .fan_out(&push.draft.audience, &ephemeral(&push.draft));
            return Ok(Prepared::Sent(Published {
                cursor: None,
                connections,
                queued: false,
                job: None,
            }));
        }
        let mut entry = Entry::new(push.draft);
        if let Some(key) = push.key {
            entry = entry.with_key(key);
        }
        if let Some(tracked) = push.tracked {
            entry = entry.tracked_by(tracked);
        }
        Ok(Prepared::ForLog(entry))
    }

    fn published(&self, appended: Appended) -> Published {
        self.messages
            .fetch_add(u64::from(!appended.duplicate), Ordering::Relaxed);
        Published {
            cursor: Some(self.cursor(appended.seq)),
            connections: appended.connections,
            queued: true,
            job: appended.job,
        }
    }
}

/// A push that was sent, or has to go into the log.
enum Prepared {
    Sent(Published),
    ForLog(Entry),
}

fn ephemeral(draft: &Draft) -> Delivery {
    let writer = FrameWriter::new()
        .event(draft.event.as_ref())
        .audience(&draft.audience);
    Delivery::Ephemeral(writer.data(draft.data.as_str()).finish())
}
