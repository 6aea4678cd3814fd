//! The log tail: fans out durable messages, in order.

use std::sync::Arc;

use super::{ActivityFeed, delivery_counts::DeliveryCounts};
use crate::{
    message::{EncodedMessage, Epoch, Message},
    outbox::{Delivery, LoggedFrame},
    registry::Registry,
};

/// See the module documentation.
pub(super) struct Tail {
    pub(super) registry: Arc<Registry>,
    pub(super) activity: Arc<ActivityFeed>,
    pub(super) delivery_counts: Arc<DeliveryCounts>,
}

impl Tail {
    /// Fans out the messages of a commit. Returns the number of connections of each.
    pub(super) fn deliver(&self, epoch: &Epoch, messages: &[Arc<Message>]) -> Vec<u64> {
        messages
            .iter()
            .map(|message| self.deliver_one(epoch, message))
            .collect()
    }

    fn deliver_one(&self, epoch: &Epoch, message: &Arc<Message>) -> u64 {
        let direct = message.audience.is_direct();
        let encoded = EncodedMessage::of(message, epoch);
        let logged = LoggedFrame::new(message.seq, encoded, direct);
        let delivery = Delivery::Logged(Arc::clone(&logged));
        let connections = self.registry.fan_out(&message.audience, &delivery);
        if !direct && connections > 0 {
            self.delivery_counts.add(logged);
        }
        if self.registry.is_observed() {
            self.activity.pushed(message, connections);
        }
        connections
    }
}
