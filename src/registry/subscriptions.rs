//! Who subscribes to what by the Mercure protocol, where others are told of it.

use std::{
    collections::{BTreeMap, VecDeque},
    mem,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::{Notify, watch};

/// A subscription.
#[derive(Clone, Debug, PartialEq)]
pub struct Subscription {
    /// The topic of the updates about it.
    pub topic: Box<str>,
    /// How the matcher is compared with topics. None: as a topic selector of Mercure 0.x.
    pub match_type: Option<&'static str>,
    /// What is subscribed to, as the subscriber has written it.
    pub matcher: Box<str>,
    /// What the subscriber's token says about it.
    pub payload: Option<Value>,
}

/// A subscriber: one connection.
#[derive(Clone, Debug, PartialEq)]
pub struct MercureSubscriber {
    /// Its id, which the server has made.
    pub id: Box<str>,
    /// Its subscriptions.
    pub subscriptions: Box<[Subscription]>,
}

/// The subscriptions of a subscriber have begun, or have ended.
#[derive(Clone, Debug)]
pub struct SubscriptionChange {
    /// The subscriber.
    pub subscriber: Arc<MercureSubscriber>,
    /// Whether they have begun.
    pub active: bool,
}

/// The active subscribers of this node, and what has changed since it was last asked for.
#[derive(Default)]
pub struct ActiveSubscriptions {
    active: Mutex<BTreeMap<u64, Arc<MercureSubscriber>>>,
    numbers: AtomicU64,
    changes: Mutex<VecDeque<SubscriptionChange>>,
    changed: Notify,
    /// Changes that are not published yet.
    unpublished: watch::Sender<usize>,
}

impl ActiveSubscriptions {
    /// Makes a subscriber. It is active from [`SubscriptionGuard::begin`] until the guard is dropped.
    pub fn guard(self: &Arc<Self>, subscriber: MercureSubscriber) -> Arc<SubscriptionGuard> {
        Arc::new(SubscriptionGuard {
            number: self.numbers.fetch_add(1, Ordering::Relaxed),
            subscriber: Arc::new(subscriber),
            all: Arc::clone(self),
        })
    }

    /// The active subscribers, oldest first.
    pub fn list(&self) -> Vec<Arc<MercureSubscriber>> {
        self.active.lock().values().cloned().collect()
    }

    /// Waits for changes, and takes all, in their order.
    pub async fn next_changes(&self) -> Vec<SubscriptionChange> {
        loop {
            let changes = mem::take(&mut *self.changes.lock());
            if !changes.is_empty() {
                return changes.into();
            }
            self.changed.notified().await;
        }
    }

    /// Notes that so many changes are published, or can't be.
    pub fn published(&self, count: usize) {
        self.unpublished
            .send_modify(|unpublished| *unpublished = unpublished.saturating_sub(count));
    }

    /// Waits until every change is published.
    pub async fn settled(&self) {
        let mut unpublished = self.unpublished.subscribe();
        // The sender lives as long as `self`.
        let _ = unpublished.wait_for(|unpublished| *unpublished == 0).await;
    }

    fn note(&self, subscriber: &Arc<MercureSubscriber>, active: bool) {
        let subscriber = Arc::clone(subscriber);
        self.unpublished
            .send_modify(|unpublished| *unpublished += 1);
        self.changes
            .lock()
            .push_back(SubscriptionChange { subscriber, active });
        self.changed.notify_one();
    }
}

/// Keeps a subscriber active. Dropping it ends its subscriptions.
pub struct SubscriptionGuard {
    number: u64,
    subscriber: Arc<MercureSubscriber>,
    all: Arc<ActiveSubscriptions>,
}

impl SubscriptionGuard {
    /// Makes the subscriber active.
    pub fn begin(&self) {
        let subscriber = Arc::clone(&self.subscriber);
        let before = self.all.active.lock().insert(self.number, subscriber);
        if before.is_none() {
            self.all.note(&self.subscriber, true);
        }
    }
}

impl Drop for SubscriptionGuard {
    fn drop(&mut self) {
        let begun = self.all.active.lock().remove(&self.number);
        if begun.is_some() {
            self.all.note(&self.subscriber, false);
        }
    }
}

impl std::fmt::Debug for SubscriptionGuard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.subscriber.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subscriber(id: &str) -> MercureSubscriber {
        MercureSubscriber {
            id: id.into(),
            subscriptions: Box::default(),
        }
    }

    #[tokio::test]
    async fn subscriptions_begin_and_end_once() {
        let all = Arc::new(ActiveSubscriptions::default());
        let one = all.guard(subscriber("one"));
        drop(all.guard(subscriber("never begun")));
        one.begin();
        one.begin();
        assert_eq!(all.list(), [Arc::new(subscriber("one"))]);
        drop(one);
        assert!(all.list().is_empty());
        let changes = all.next_changes().await;
        let told: Vec<_> = changes
            .iter()
            .map(|change| (&*change.subscriber.id, change.active))
            .collect();
        assert_eq!(told, [("one", true), ("one", false)]);
        all.published(2);
        all.settled().await;
    }
}
