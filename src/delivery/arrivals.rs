//! What has arrived at the client, told to the broker when it is sure.
//!
//! That the system took a message for the peer does not mean that it arrived: the peer may have vanished.
//! It has arrived when a heartbeat later the connection still stands, since the kernel closes one whose
//! peer acknowledges nothing for that long, or when the peer took its leave after it and no reset says
//! that it was gone before. Told too late, a
//! message comes twice to a page that keeps no cursor; told too early, it would be lost to it.

use std::sync::Arc;

use super::write_tracking::Pulse;
use crate::{
    broker::Broker,
    message::{ClientId, Seq},
    outbox::CloseReason,
    registry::Subscriber,
};

/// What is sure of what was written, by the rule of the module's description.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sure {
    /// Written at the heartbeat before.
    before: Seq,
    /// Told.
    told: Seq,
}

impl Sure {
    /// A heartbeat has passed, and everything up to `written` has been. What has become sure by it, if
    /// that is news.
    pub fn beat(&mut self, written: Seq) -> Option<Seq> {
        let sure = std::mem::replace(&mut self.before, written);
        let news = self.is_news(sure);
        self.told = self.told.max(sure);
        news.then_some(sure)
    }

    /// Whether nobody has been told of this place.
    pub fn is_news(&self, seq: Seq) -> bool {
        seq > self.told
    }
}

/// Watches one stream. Dropped with it.
pub struct Arrivals {
    broker: Arc<Broker>,
    pulse: Arc<Pulse>,
    /// None: it only watches the server, and nothing is for it.
    client_id: Option<ClientId>,
    sure: Sure,
    reason: Option<CloseReason>,
}

impl Arrivals {
    /// Watches the stream of this subscriber on the socket with this pulse.
    pub fn new(broker: Arc<Broker>, pulse: Arc<Pulse>, subscriber: &Subscriber) -> Self {
        let client_id = (!subscriber.is_observer()).then(|| subscriber.client_id.clone());
        // What an earlier response on this socket was given is no concern of this one.
        pulse.begin();
        Self {
            broker,
            pulse,
            client_id,
            sure: Sure::default(),
            reason: None,
        }
    }

    /// A direct message is about to be given to the socket.
    pub fn give(&self, seq: Seq) {
        self.pulse.give(seq);
    }

    /// A heartbeat has passed, and the connection stands.
    pub fn beat(&mut self) {
        let sure = self.sure.beat(self.pulse.written());
        if let Some((client_id, seq)) = self.client_id.as_ref().zip(sure) {
            self.broker.arrived(client_id, seq);
        }
    }

    /// The server ends the stream.
    pub fn closing(&mut self, reason: CloseReason) {
        self.reason = Some(reason);
    }

    /// The peer has closed: what it was given last is sure once the socket is at rest.
    fn tell_when_settled(&self) {
        let (seq, broker) = (self.pulse.written(), Arc::clone(&self.broker));
        if let Some(client_id) = self.client_id.clone()
            && self.sure.is_news(seq)
        {
            let tell = move || broker.arrived(&client_id, seq);
            self.pulse.when_settled(Box::new(tell));
        }
    }
}

impl Drop for Arrivals {
    fn drop(&mut self) {
        let parted = self.pulse.has_parted();
        if parted {
            self.tell_when_settled();
        }
        let reason = match (self.reason, parted) {
            (Some(reason), _) => reason.as_str(),
            (None, true) => "left",
            (None, false) => "lost",
        };
        if let Some(client_id) = &self.client_id {
            self.broker.parted(client_id, reason);
        }
    }
}
