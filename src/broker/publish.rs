//! Publishing: checks a push, sends what is ephemeral, and appends the rest to the log.

use std::{sync::Arc, time::Instant};

use futures_util::future::join_all;

use super::{Broker, nodes::Reached, push_counts::PushKind};
use crate::{
    job::{JobId, TrackedPush},
    log::{
        AppendError, Appended, AuditEntry, AuditSource, Entry, IdempotencyKey, KeptSize,
        NewSchedule, ScheduleId, When,
    },
    message::{Audience, Cursor, Draft, EncodedMessage, Handling, TraceParent},
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
    /// Where it belongs in a distributed trace. Not kept for ephemeral messages.
    pub trace: Option<TraceParent>,
    /// Who pushes it, for the audit trail.
    pub source: Option<AuditSource>,
    /// When it is to be pushed. None: now.
    pub later: Option<Later>,
    /// How many topics may have a state, if it sets one. None: any number.
    pub most_states: Option<KeptSize>,
}

/// A push that is stored until its time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Later {
    /// The time.
    pub when: When,
    /// How much may be scheduled.
    pub most: KeptSize,
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
    /// Nodes of the cluster that have not told in time how many connections it reached.
    pub missing_nodes: Vec<String>,
    /// The id of a message that is to be pushed later, and when that is, in milliseconds since 1970.
    pub scheduled: Option<(ScheduleId, u64)>,
}

/// Why a push was refused. Nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// The push required a connected recipient, and there is none.
    #[error("no recipient is connected, and the push requires one")]
    NobodyOnline,
    /// As many messages are scheduled as may be, or they have as many bytes.
    #[error(
        "no more messages may be scheduled: at most {} (max_scheduled), with {} bytes (a quarter of max_log_mb)",
        .0.messages, .0.bytes
    )]
    TooManyScheduled(KeptSize),
    /// The log refused or failed.
    #[error(transparent)]
    Log(#[from] AppendError),
}

impl Broker {
    /// Publishes a message. When this returns, it is durable and was handed to all connected recipients.
    pub async fn publish(&self, push: Push) -> Result<Published, PublishError> {
        let began = Instant::now();
        let published = match self.prepare(push).await? {
            Prepared::Sent(sent) => self.sent(sent).await?,
            Prepared::Later(new, of) => self.scheduled(self.log.schedule(*new).await?, of)?,
            Prepared::ForLog(entry, expected) => {
                let appended = self.log.append(entry).await?;
                self.published(appended, expected).await?
            }
        };
        self.latency.count(began.elapsed(), 1);
        Ok(published)
    }

    /// Publishes several messages, in order and in one commit. Each has its own outcome.
    pub async fn publish_batch(&self, pushes: Vec<Push>) -> Vec<Result<Published, PublishError>> {
        let (began, count) = (Instant::now(), pushes.len() as u64);
        let (mut prepared, mut entries) = (Vec::with_capacity(pushes.len()), Vec::new());
        let mut later = Vec::new();
        for push in pushes {
            prepared.push(match self.prepare(push).await {
                Ok(Prepared::Sent(sent)) => Line::Known(self.sent(sent).await),
                Ok(Prepared::ForLog(entry, expected)) => {
                    entries.push(entry);
                    Line::ForLog(expected)
                }
                Ok(Prepared::Later(new, of)) => {
                    later.push(self.log.schedule(*new));
                    Line::Later(of)
                }
                Err(error) => Line::Known(Err(error)),
            });
        }
        let (appended, stored) = tokio::join!(self.log.append_batch(entries), join_all(later));
        let (mut appended, mut stored) = (appended.into_iter(), stored.into_iter());
        self.latency.count(began.elapsed(), count);
        let mut outcomes = Vec::with_capacity(prepared.len());
        for prepared in prepared {
            outcomes.push(match prepared {
                Line::Known(outcome) => outcome,
                Line::Later(of) => match stored.next() {
                    Some(Ok(stored)) => self.scheduled(stored, of),
                    Some(Err(error)) => Err(error.into()),
                    None => Err(AppendError::Failed.into()),
                },
                Line::ForLog(expected) => match appended.next() {
                    Some(Ok(appended)) => self.published(appended, expected).await,
                    Some(Err(error)) => Err(error.into()),
                    None => Err(AppendError::Failed.into()),
                },
            });
        }
        outcomes
    }

    /// Publishes a message of the server itself: ephemeral and not counted.
    pub fn announce(&self, draft: &Draft) {
        self.registry.announce(&draft.audience, &ephemeral(draft));
    }

    /// Checks what can be checked before the log, and sends ephemeral messages.
    async fn prepare(&self, push: Push) -> Result<Prepared, PublishError> {
        if push.require_online && !self.is_online(&push.draft.audience).await {
            return Err(PublishError::NobodyOnline);
        }
        let replaces = |handling: &Handling| handling.replace.is_some();
        if let (Some(nodes), Some(handling)) = (&self.nodes, push.draft.handling.as_deref())
            && push.draft.audience.is_direct()
            && replaces(handling)
        {
            // Whoever has received the older one keeps its receipt.
            nodes.write_positions().await;
        }
        let kind = PushKind::of(&push.draft);
        if let Some(later) = push.later {
            let (new, audit) = Self::prepare_later(push, later);
            return Ok(Prepared::Later(Box::new(new), (later.most, audit)));
        }
        if push.draft.is_ephemeral() {
            let connections = self.fan_out_ephemeral(&push.draft);
            let nodes = self.nodes.as_ref();
            self.note_ephemeral(&push.draft, push.source);
            return Ok(Prepared::Sent(Sent {
                connections,
                elsewhere: nodes.map(|nodes| nodes.send_ephemeral(&push.draft)),
                require_online: push.require_online,
                kind,
            }));
        }
        let required = push.require_online.then(|| Required {
            key: push.key.clone(),
        });
        let mut entry = Entry::new(push.draft)
            .traced(push.trace)
            .audited(push.source)
            .with_most_states(push.most_states);
        if let Some(key) = push.key {
            entry = entry.with_key(key);
        }
        if let Some(tracked) = push.tracked {
            entry = entry.tracked_by(tracked);
        }
        Ok(Prepared::ForLog(entry, Expected { required, kind }))
    }

    /// Whether somebody is connected, here or at another node.
    async fn is_online(&self, audience: &Audience) -> bool {
        if self.registry.count(audience).connections > 0 {
            return true;
        }
        match &self.nodes {
            None => false,
            Some(nodes) => nodes.connections(audience).await > 0,
        }
    }

    /// Sends an ephemeral message to the connections of this node. Returns their number.
    pub(super) fn fan_out_ephemeral(&self, draft: &Draft) -> u64 {
        let connections = self.registry.fan_out(&draft.audience, &ephemeral(draft));
        self.busiest.note_if_free(&draft.audience, connections);
        if self.registry.is_observed() {
            self.activity.passed(draft, self.log.now(), connections);
        }
        connections
    }

    /// The outcome of an ephemeral message.
    async fn sent(&self, sent: Sent) -> Result<Published, PublishError> {
        let mut reached = Reached {
            connections: sent.connections,
            ..Reached::default()
        };
        if let (Some(nodes), Some(number)) = (&self.nodes, sent.elsewhere) {
            let elsewhere = nodes.reached_ephemeral(number).await;
            reached.connections += elsewhere.connections;
            reached.missing = elsewhere.missing;
        }
        if sent.require_online && reached.connections == 0 {
            return Err(PublishError::NobodyOnline);
        }
        self.pushes.count(sent.kind);
        Ok(Published {
            cursor: None,
            connections: reached.connections,
            queued: false,
            job: None,
            missing_nodes: reached.missing,
            scheduled: None,
        })
    }

    /// The outcome of a message that is in the log. If the push required a connected recipient, and the last one has
    /// left since that was checked, the message is recalled.
    async fn published(
        &self,
        appended: Appended,
        Expected { required, kind }: Expected,
    ) -> Result<Published, PublishError> {
        let mut missing_nodes = Vec::new();
        let mut appended = appended;
        if let Some(nodes) = &self.nodes
            && !appended.duplicate
        {
            let reached = nodes.reached(appended.seq).await;
            appended.connections += reached.connections;
            missing_nodes = reached.missing;
        }
        if let Some(required) = required
            && appended.connections == 0
            && !appended.duplicate
        {
            self.recall_and_release_key(appended.seq, required.key)
                .await?;
            return Err(PublishError::NobodyOnline);
        }
        if !appended.duplicate {
            self.pushes.count(kind);
        }
        Ok(Published {
            cursor: Some(self.cursor(appended.seq)),
            connections: appended.connections,
            queued: true,
            job: appended.job,
            missing_nodes,
            scheduled: None,
        })
    }
}

/// A push that was sent, or has to go into the log.
enum Prepared {
    Sent(Sent),
    ForLog(Entry, Expected),
    /// With how much may be scheduled, and its entry of the audit trail.
    Later(Box<NewSchedule>, (KeptSize, Option<AuditEntry>)),
}

/// A push of a batch.
enum Line {
    /// Its outcome is known.
    Known(Result<Published, PublishError>),
    /// It is among those that go into the log.
    ForLog(Expected),
    /// It is among those that are stored for later.
    Later((KeptSize, Option<AuditEntry>)),
}

/// An ephemeral message that was sent.
struct Sent {
    /// Connections of this node.
    connections: u64,
    /// Its number at the other nodes of the cluster.
    elsewhere: Option<u64>,
    require_online: bool,
    kind: PushKind,
}

/// What is to be done with a push that is in the log.
struct Expected {
    required: Option<Required>,
    kind: PushKind,
}

/// A push that requires a connected recipient.
struct Required {
    key: Option<IdempotencyKey>,
}

fn ephemeral(draft: &Draft) -> Delivery {
    Delivery::Ephemeral(Arc::new(EncodedMessage::ephemeral(draft)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        log::{Ended, LogOptions},
        message::{ClientId, Data},
        outbox::{ConnectionQueue, QueueLimits},
        registry::{Admission, Capacity, DeliveryTarget, Registry, Subscriber},
    };

    fn ada() -> ClientId {
        ClientId::parse("ada").expect("an id")
    }

    fn broker(folder: &tempfile::TempDir) -> Arc<Broker> {
        let capacity = Capacity {
            per_client: 10,
            per_address: 10,
            total: 10,
        };
        let limits = QueueLimits {
            frames: 10,
            bytes: 1 << 10,
        };
        let registry = Registry::new(capacity, limits);
        let options = LogOptions::new(folder.path());
        Broker::open(options, registry, None, |reason| panic!("{reason}")).expect("a log")
    }

    /// A connection that is counted, but gets no messages: it is as good as gone.
    fn leaving(broker: &Broker) -> Admission {
        let subscriber = Subscriber::unknown(ada(), Box::default());
        broker.registry().admit(subscriber).expect("admitted")
    }

    fn push(key: Option<&str>, ttl: Option<Duration>) -> Push {
        Push {
            draft: Draft {
                audience: Audience::Client(ada()),
                event: None,
                data: Data::Text("now".into()),
                ttl,
                update: None,
                handling: None,
            },
            key: key.map(|key| IdempotencyKey::parse(key).expect("a key")),
            require_online: true,
            tracked: None,
            trace: None,
            source: None,
            later: None,
            most_states: None,
        }
    }

    #[tokio::test]
    async fn a_push_whose_last_recipient_has_just_left_is_recalled_and_can_be_repeated() {
        let folder = tempfile::tempdir().expect("a folder");
        let broker = broker(&folder);
        let connection = leaving(&broker);
        for key in [None, Some("once")] {
            let refused = broker.publish(push(key, None)).await;
            assert_eq!(refused, Err(PublishError::NobodyOnline));
            let message = broker.log().message(broker.log().head()).expect("readable");
            let message = message.expect("a message");
            assert_eq!(message.ended, Some(Ended::Recalled));
        }
        let batch = vec![push(None, None), push(None, Some(Duration::ZERO))];
        for refused in broker.publish_batch(batch).await {
            assert_eq!(refused, Err(PublishError::NobodyOnline));
        }
        assert_eq!(broker.messages(), 0);

        let queue = ConnectionQueue::new(connection.limits());
        let _connection = connection.register(DeliveryTarget::Queue(queue));
        let repeated = broker
            .publish(push(Some("once"), None))
            .await
            .expect("sent");
        assert_eq!(repeated.connections, 1);
        let again = broker
            .publish(push(Some("once"), None))
            .await
            .expect("sent before");
        assert_eq!((again.cursor, again.connections), (repeated.cursor, 0));
    }
}
