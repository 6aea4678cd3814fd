//! Confirms the delivery of direct messages.
//!
//! That the kernel took a message does not mean that the peer has it. Delivery is confirmed when the connection is
//! still open one heartbeat later, because the kernel closes a connection whose peer acknowledges nothing for that
//! long. It is also confirmed when the peer closes in order afterwards and no reset follows. Confirmed too late, a
//! page without a cursor gets a message twice; confirmed too early, it would lose the message.

use std::sync::Arc;

use super::write_tracking::WriteTracker;
use crate::{
    access_log::AccessEntry,
    broker::Broker,
    message::{ClientId, Seq},
    outbox::{CloseReason, LEFT, LOST},
    registry::Registration,
};

/// The confirmed position of a stream, by the rule in the module documentation.
#[derive(Clone, Copy, Debug, Default)]
pub struct ConfirmedPosition {
    /// Written at the previous heartbeat.
    before: Seq,
    /// Reported as confirmed.
    reported: Seq,
}

impl ConfirmedPosition {
    /// A heartbeat has passed, and everything up to `written` has been written. Returns the confirmed position if it
    /// is new.
    pub fn on_heartbeat(&mut self, written: Seq) -> Option<Seq> {
        let confirmed = std::mem::replace(&mut self.before, written);
        let unreported = self.is_unreported(confirmed);
        self.reported = self.reported.max(confirmed);
        unreported.then_some(confirmed)
    }

    /// Whether this position has not been reported yet.
    pub fn is_unreported(&self, seq: Seq) -> bool {
        seq > self.reported
    }
}

/// Tracks one stream. Reports the end of the stream when it is dropped.
pub struct DeliveryTracker {
    broker: Arc<Broker>,
    writes: Arc<WriteTracker>,
    /// None if nothing is stored for it.
    client_id: Option<ClientId>,
    confirmed: ConfirmedPosition,
    reason: Option<CloseReason>,
    access: Option<Arc<AccessEntry>>,
}

impl DeliveryTracker {
    /// Tracks the stream with this registration.
    pub fn new(
        broker: Arc<Broker>,
        writes: Arc<WriteTracker>,
        registration: &Registration,
    ) -> Self {
        let subscriber = registration.subscriber();
        let client_id = subscriber.lasting_client().cloned();
        // Ignore an earlier response on this socket.
        writes.reset();
        Self {
            broker,
            writes,
            client_id,
            confirmed: ConfirmedPosition::default(),
            reason: None,
            access: registration.access().cloned(),
        }
    }

    /// A direct message is about to be written.
    pub fn on_direct_message(&self, seq: Seq) {
        self.writes.start_write(seq);
    }

    /// A heartbeat has passed and the connection is open.
    pub fn on_heartbeat(&mut self) {
        let confirmed = self.confirmed.on_heartbeat(self.writes.written());
        if let Some((client_id, seq)) = self.client_id.as_ref().zip(confirmed) {
            self.broker.confirm_sent(client_id, seq);
        }
    }

    /// The server closes the stream.
    pub fn closing(&mut self, reason: CloseReason) {
        self.reason = Some(reason);
    }

    /// The peer has closed: the last messages are confirmed if no reset follows.
    fn confirm_on_orderly_close(&self) {
        let (seq, broker) = (self.writes.written(), Arc::clone(&self.broker));
        if let Some(client_id) = self.client_id.clone()
            && self.confirmed.is_unreported(seq)
        {
            let confirm = move || broker.confirm_sent(&client_id, seq);
            self.writes.on_orderly_close(Box::new(confirm));
        }
    }
}

impl Drop for DeliveryTracker {
    fn drop(&mut self) {
        let closed_in_order = self.writes.is_closed_by_peer();
        if closed_in_order {
            self.confirm_on_orderly_close();
        }
        let reason = match (self.reason, closed_in_order) {
            (Some(reason), _) => reason.as_str(),
            (None, true) => LEFT,
            (None, false) => LOST,
        };
        self.broker.registry().counters().ended.inc(reason);
        if let Some(access) = &self.access {
            access.set_reason(reason);
        }
        if let Some(client_id) = &self.client_id {
            self.broker.disconnected(client_id, reason);
        }
    }
}
