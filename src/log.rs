//! The log, in memory for now: append, and read after a cursor. The newest messages only.

use std::{collections::VecDeque, sync::Arc, time::SystemTime};

use parking_lot::Mutex;

use crate::{
    connection::Gap,
    message::{Audience, ClientId, Draft, Epoch, Message, Seq, TopicFilter},
};

const KEPT: usize = 1_000;

/// Whose messages to read.
#[derive(Clone, Debug)]
pub struct Subscriptions {
    /// Direct messages to this client.
    pub client: Option<ClientId>,
    /// Messages to everyone.
    pub everyone: bool,
    /// Messages to these topics.
    pub filters: Vec<TopicFilter>,
}

impl Subscriptions {
    fn include(&self, audience: &Audience) -> bool {
        match audience {
            Audience::Client(id) => self.client.as_ref() == Some(id),
            Audience::Clients(ids) => self.client.as_ref().is_some_and(|id| ids.contains(id)),
            Audience::Topic(topic) => self.filters.iter().any(|filter| filter.matches(topic)),
            Audience::Everyone => self.everyone,
        }
    }
}

/// What a read brought.
#[derive(Debug)]
pub struct Page {
    /// The messages, in order.
    pub messages: Vec<Arc<Message>>,
    /// Everything up to here has been returned.
    pub reached: Seq,
    /// Whether there may be more.
    pub more: bool,
    /// What can't be had.
    pub gap: Option<Gap>,
}

type Tail = Box<dyn FnMut(&Arc<Message>) -> u64 + Send>;

/// See the module's description.
pub struct Log {
    epoch: Epoch,
    inner: Mutex<Inner>,
}

struct Inner {
    head: Seq,
    kept: VecDeque<Arc<Message>>,
    tail: Tail,
}

impl Log {
    /// An empty log, whose messages come out at `tail`.
    pub fn new(epoch: Epoch, tail: Tail) -> Self {
        let inner = Inner {
            head: 0,
            kept: VecDeque::new(),
            tail,
        };
        Self {
            epoch,
            inner: Mutex::new(inner),
        }
    }

    /// The epoch of this log.
    pub fn epoch(&self) -> &Epoch {
        &self.epoch
    }

    /// The newest place.
    pub fn head(&self) -> Seq {
        self.inner.lock().head
    }

    /// Appends, and says how many connections the message reached.
    pub fn append(&self, draft: Draft) -> (Seq, u64) {
        let mut inner = self.inner.lock();
        inner.head += 1;
        let at = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let at = at.as_millis() as u64;
        let message = Arc::new(Message {
            seq: inner.head,
            at,
            expires_at: draft.ttl.map(|ttl| at + ttl.as_millis() as u64),
            audience: draft.audience,
            event: draft.event,
            data: draft.data,
        });
        inner.kept.push_back(Arc::clone(&message));
        if inner.kept.len() > KEPT {
            inner.kept.pop_front();
        }
        let connections = (inner.tail)(&message);
        (message.seq, connections)
    }

    /// What there is for these subscriptions after a place.
    pub fn read(&self, subscriptions: &Subscriptions, after: Seq, until: Option<Seq>) -> Page {
        let inner = self.inner.lock();
        let reached = until.unwrap_or(inner.head);
        let wanted = |message: &&Arc<Message>| {
            message.seq > after
                && message.seq <= reached
                && subscriptions.include(&message.audience)
        };
        let messages = inner.kept.iter().filter(wanted).cloned().collect();
        Page {
            messages,
            reached,
            more: false,
            gap: None,
        }
    }
}
