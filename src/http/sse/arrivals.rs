//! What has arrived at the client, told to the broker when it is sure.
//!
//! That the system took a message for the peer does not mean that it arrived: the peer may have vanished.
//! It has arrived when a heartbeat later the connection still stands, since the kernel closes one whose
//! peer acknowledges nothing for that long, or when the peer took its leave after it and no reset says
//! that it was gone before. Told too late, a
//! message comes twice to a page that keeps no cursor; told too early, it would be lost to it.

use std::sync::Arc;

use crate::{
    broker::Broker,
    http::pulse::Pulse,
    message::{ClientId, Seq},
    outbox::CloseReason,
    registry::Newcomer,
};

/// Watches one stream. Dropped with it.
pub struct Arrivals {
    broker: Arc<Broker>,
    pulse: Arc<Pulse>,
    /// None: it only watches the server, and nothing is for it.
    client_id: Option<ClientId>,
    /// Written at the heartbeat before.
    before: Seq,
    /// Told.
    told: Seq,
    reason: Option<CloseReason>,
}

impl Arrivals {
    /// Watches the stream of this newcomer on the socket with this pulse.
    pub fn new(broker: Arc<Broker>, pulse: Arc<Pulse>, newcomer: &Newcomer) -> Self {
        let client_id = (!newcomer.is_observer()).then(|| newcomer.client_id.clone());
        // What an earlier response on this socket was given is no concern of this one.
        pulse.begin();
        Self {
            broker,
            pulse,
            client_id,
            before: 0,
            told: 0,
            reason: None,
        }
    }

    /// A direct message is about to be given to the socket.
    pub fn give(&self, seq: Seq) {
        self.pulse.give(seq);
    }

    /// A heartbeat has passed, and the connection stands.
    pub fn beat(&mut self) {
        self.tell(self.before);
        self.before = self.pulse.written();
    }

    /// The server ends the stream.
    pub fn closing(&mut self, reason: CloseReason) {
        self.reason = Some(reason);
    }

    /// The peer has closed: what it was given last is sure once the socket is at rest.
    fn tell_when_settled(&self) {
        let (seq, broker) = (self.pulse.written(), Arc::clone(&self.broker));
        if let Some(client_id) = self.client_id.clone()
            && seq > self.told
        {
            let tell = move || broker.arrived(&client_id, seq);
            self.pulse.when_settled(Box::new(tell));
        }
    }

    fn tell(&mut self, seq: Seq) {
        if let Some(client_id) = &self.client_id
            && seq > self.told
        {
            self.told = seq;
            self.broker.arrived(client_id, seq);
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
