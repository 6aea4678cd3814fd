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
pub struct ConfirmedPosition {
    /// Written at the heartbeat before.
    before: Seq,
    /// Told.
    reported: Seq,
}

impl ConfirmedPosition {
    /// A heartbeat has passed, and everything up to `written` has been. What has become sure by it, if
    /// that was not reported before.
    pub fn on_heartbeat(&mut self, written: Seq) -> Option<Seq> {
        let confirmed = std::mem::replace(&mut self.before, written);
        let unreported = self.is_unreported(confirmed);
        self.reported = self.reported.max(confirmed);
        unreported.then_some(confirmed)
    }

    /// Whether nobody has been told of this place.
    pub fn is_unreported(&self, seq: Seq) -> bool {
        seq > self.reported
    }
}

/// Watches one stream. Dropped with it.
pub struct DeliveryTracker {
    broker: Arc<Broker>,
    pulse: Arc<Pulse>,
    /// None: it only watches the server, and nothing is for it.
    client_id: Option<ClientId>,
    confirmed: ConfirmedPosition,
    reason: Option<CloseReason>,
}

impl DeliveryTracker {
    /// Watches the stream of this subscriber on the socket with this pulse.
    pub fn new(broker: Arc<Broker>, pulse: Arc<Pulse>, subscriber: &Subscriber) -> Self {
        let client_id = (!subscriber.is_observer()).then(|| subscriber.client_id.clone());
        // What an earlier response on this socket was given is no concern of this one.
        pulse.begin();
        Self {
            broker,
            pulse,
            client_id,
            confirmed: ConfirmedPosition::default(),
            reason: None,
        }
    }

    /// A direct message is about to be given to the socket.
    pub fn on_direct_message(&self, seq: Seq) {
        self.pulse.give(seq);
    }

    /// A heartbeat has passed, and the connection stands.
    pub fn on_heartbeat(&mut self) {
        let confirmed = self.confirmed.on_heartbeat(self.pulse.written());
        if let Some((client_id, seq)) = self.client_id.as_ref().zip(confirmed) {
            self.broker.confirm_sent(client_id, seq);
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
            && self.confirmed.is_unreported(seq)
        {
            let tell = move || broker.confirm_sent(&client_id, seq);
            self.pulse.when_settled(Box::new(tell));
        }
    }
}

impl Drop for DeliveryTracker {
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
            self.broker.disconnected(client_id, reason);
        }
    }
}
