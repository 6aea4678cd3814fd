//! Takes a push, puts it in the log, and hands what comes out of the log to the registry.
//!
//! This is the only way to a connection: what stands in the log is delivered when it comes out of
//! the log's tail, so live delivery and replay can't disagree about order.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use crate::{
    connection::{Connection, Gap, GapReason, Read, Start},
    log::{Log, Page},
    message::{Cursor, Draft, Epoch, Frame, FrameWriter, Message},
    outbox::Delivery,
    registry::{Newcomer, Refusal, Registry},
};

/// Where a subscriber wants to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Since {
    /// After what it has had.
    Cursor(Cursor),
    /// With the oldest message that is kept.
    Earliest,
    /// With what comes from now on.
    Latest,
    /// With the direct messages that the client has not had, then what comes from now on.
    Unread,
}

/// What became of a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// Its place in the log; none when it was ephemeral.
    pub cursor: Option<Cursor>,
    /// How many connections it was handed to.
    pub connections: u64,
    /// Whether it waits in the log for those who are not there.
    pub queued: bool,
}

/// See the module's description.
pub struct Broker {
    log: Log,
    registry: Arc<Registry>,
    messages: AtomicU64,
}

impl Broker {
    /// A broker that delivers to `registry`.
    pub fn new(registry: Arc<Registry>) -> Arc<Self> {
        let epoch = Epoch::random();
        let tail = {
            let (registry, epoch) = (Arc::clone(&registry), epoch.clone());
            move |message: &Arc<Message>| {
                let delivery = Delivery::Logged(message.seq, Frame::of(message, &epoch));
                registry.fan_out(&message.audience, &delivery)
            }
        };
        Arc::new(Self {
            log: Log::new(epoch, Box::new(tail)),
            registry,
            messages: AtomicU64::new(0),
        })
    }

    /// Accepts a message.
    pub async fn publish(&self, draft: Draft) -> Published {
        self.messages.fetch_add(1, Ordering::Relaxed);
        if draft.is_ephemeral() {
            let frame = FrameWriter::new()
                .event(draft.event.as_ref())
                .data(draft.data.as_str())
                .finish();
            let connections = self
                .registry
                .fan_out(&draft.audience, &Delivery::Ephemeral(frame));
            return Published {
                cursor: None,
                connections,
                queued: false,
            };
        }
        let (seq, connections) = self.log.append(draft);
        Published {
            cursor: Some(self.cursor(seq)),
            connections,
            queued: false,
        }
    }

    /// Admits a connection that wants to start at `since`.
    pub fn subscribe(&self, newcomer: Newcomer, since: Since) -> Result<Connection, Refusal> {
        // Before the registration: what is committed in between is then both in the log and, perhaps,
        // in the outbox, and the connection drops the double by its place.
        let head = self.log.head();
        let (start, gap) = match since {
            Since::Cursor(cursor) if cursor.epoch != *self.log.epoch() => (
                Start::Unread { place: 0, head },
                Some(GapReason::UnknownEpoch),
            ),
            Since::Cursor(cursor) if cursor.seq > head => {
                (Start::After(head), Some(GapReason::Ahead))
            }
            Since::Cursor(cursor) => (Start::After(cursor.seq), None),
            Since::Earliest => (Start::After(0), None),
            Since::Latest => (Start::After(head), None),
            Since::Unread => (Start::Unread { place: head, head }, None),
        };
        let registration = self.registry.register(newcomer)?;
        let gap = gap.map(|reason| Gap {
            range: None,
            reason,
        });
        Ok(Connection::new(registration, start, gap))
    }

    /// Reads a page of the log for a connection.
    pub async fn read(&self, read: Read) -> Page {
        self.log.read(&read.subscriptions, read.after, read.until)
    }

    /// A place of this log as the client sees it.
    pub fn cursor(&self, seq: u64) -> Cursor {
        Cursor {
            epoch: self.log.epoch().clone(),
            seq,
        }
    }

    /// The epoch of the log.
    pub fn epoch(&self) -> &Epoch {
        self.log.epoch()
    }

    /// Who is connected.
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// Messages accepted since the start.
    pub fn messages(&self) -> u64 {
        self.messages.load(Ordering::Relaxed)
    }
}
