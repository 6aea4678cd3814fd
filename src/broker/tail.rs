//! The log tail: fans out durable messages, in order.

use std::sync::Arc;

use super::{
    ActivityFeed, Busiest, delivery_counts::DeliveryCounts, receipt_tracking::ReceiptTracking,
};
use crate::{
    log::Openings,
    message::{EncodedMessage, Message},
    outbox::LoggedFrame,
    registry::{GroupFanOut, Registry},
};

/// See the module documentation.
pub(super) struct Tail {
    pub(super) registry: Arc<Registry>,
    pub(super) activity: Arc<ActivityFeed>,
    pub(super) busiest: Arc<Busiest>,
    pub(super) delivery_counts: Arc<DeliveryCounts>,
    pub(super) receipt_tracking: Arc<ReceiptTracking>,
}

impl Tail {
    /// Fans out the messages of a commit. Returns the number of connections of each.
    pub(super) fn deliver(&self, openings: &Openings, messages: &[Arc<Message>]) -> Vec<u64> {
        let mut group = self.registry.fan_out_group();
        let connections: Vec<u64> = messages
            .iter()
            .map(|message| self.deliver_one(openings, message, &mut group))
            .collect();
        drop(group);
        let audiences = messages.iter().map(|message| &message.audience);
        self.busiest
            .note_all(audiences.zip(connections.iter().copied()));
        connections
    }

    fn deliver_one(
        &self,
        openings: &Openings,
        message: &Arc<Message>,
        group: &mut GroupFanOut<'_>,
    ) -> u64 {
        let direct = message.audience.is_direct();
        let replaces = message.replaces().map(|seq| openings.cursor(seq));
        let encoded = EncodedMessage::of(message, openings.current(), replaces.as_ref());
        let logged = LoggedFrame::new(message.seq, encoded, direct);
        let connections = group.fan_out(&message.audience, &logged);
        if let Some(replaced) = message.handling.as_ref().and_then(|one| one.replaces) {
            self.receipt_tracking.recalled(replaced.last);
        }
        if !direct && connections > 0 {
            self.delivery_counts.add(logged);
        }
        if self.registry.is_observed() {
            self.activity.pushed(message, connections);
        }
        connections
    }
}
