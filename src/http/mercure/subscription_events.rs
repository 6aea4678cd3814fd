//! The updates that say which subscriptions have begun and ended. They are private.

use std::{convert::Infallible, sync::Arc};

use super::subscription_document::SubscriptionDocument;
use crate::{
    broker::{Broker, Push},
    message::{Audience, Data, Draft, EventType, Topic, Update},
    registry::{MercureSubscriber, Subscription, SubscriptionChange},
};

/// The most updates of one commit.
const BATCH: usize = 256;

/// Publishes what changes. Never ends.
pub async fn publish(broker: Arc<Broker>) -> Infallible {
    loop {
        let changes = broker.registry().subscriptions().next_changes().await;
        for batch in changes.chunks(BATCH) {
            let mut updates: Vec<Push> = batch.iter().flat_map(updates).collect();
            while !updates.is_empty() {
                let rest = updates.split_off(BATCH.min(updates.len()));
                let outcomes = broker.publish_batch(updates).await;
                for error in outcomes.into_iter().filter_map(Result::err) {
                    tracing::warn!(%error, "an update about a subscription is lost");
                }
                updates = rest;
            }
            broker.registry().subscriptions().published(batch.len());
        }
    }
}

fn updates(change: &SubscriptionChange) -> Vec<Push> {
    let SubscriptionChange { subscriber, active } = change;
    let subscriptions = subscriber.subscriptions.iter();
    subscriptions
        .filter_map(|subscription| update(subscriber, subscription, *active))
        .collect()
}

/// None if the topic would be too long, which matchers are not.
fn update(
    subscriber: &MercureSubscriber,
    subscription: &Subscription,
    active: bool,
) -> Option<Push> {
    let document = SubscriptionDocument::of(subscriber, subscription, active).alone();
    let json = serde_json::to_string(&document).ok()?;
    // In 0.x they have none.
    let event = subscription
        .match_type
        .map(|_| EventType::own(EventType::OF_HUB));
    let private = Update {
        private: true,
        ..Update::default()
    };
    let draft = Draft {
        audience: Audience::Topic(Topic::parse(&subscription.topic).ok()?),
        event,
        data: Data::Text(json.into()),
        ttl: None,
        update: Some(Arc::new(private)),
        handling: None,
    };
    Some(Push {
        draft,
        key: None,
        require_online: false,
        tracked: None,
        trace: None,
        source: None,
        later: None,
        most_states: None,
    })
}
