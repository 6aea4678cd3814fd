//! What is said about a subscription, in the form of the version of Mercure by which it was made.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{matchers::Matcher, percent};
use crate::{
    auth::MercureClaims,
    message::SUBSCRIPTIONS,
    registry::{MercureSubscriber, Subscription},
};

/// The context of documents of 0.x, which are JSON-LD.
pub const CONTEXT: &str = "https://mercure.rocks/";

/// A subscription, in JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SubscriptionDocument {
    /// Only in 0.x, and not inside a collection.
    #[serde(rename = "@context", skip_serializing_if = "Option::is_none", default)]
    pub context: Option<String>,
    /// The topic of the updates about it.
    pub id: String,
    #[serde(rename = "type")]
    pub kind: String,
    /// Only in 0.x.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub topic: Option<String>,
    /// Only in 1.0.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub match_type: Option<String>,
    /// Only in 1.0.
    #[serde(rename = "match", skip_serializing_if = "Option::is_none", default)]
    pub matcher: Option<String>,
    pub subscriber: String,
    pub active: bool,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub payload: Option<Value>,
}

impl SubscriptionDocument {
    /// The document of a subscription of this subscriber, without a context.
    pub fn of(subscriber: &MercureSubscriber, subscription: &Subscription, active: bool) -> Self {
        let text = subscription.matcher.to_string();
        let (topic, matcher) = match subscription.match_type {
            None => (Some(text), None),
            Some(_) => (None, Some(text)),
        };
        Self {
            context: None,
            id: subscription.topic.to_string(),
            kind: match subscription.match_type {
                None => "Subscription".to_owned(),
                Some(_) => "subscription".to_owned(),
            },
            topic,
            match_type: subscription.match_type.map(str::to_owned),
            matcher,
            subscriber: subscriber.id.to_string(),
            active,
            payload: subscription.payload.clone(),
        }
    }

    /// The same, as a document of its own.
    #[must_use]
    pub fn alone(mut self) -> Self {
        self.context = self.topic.is_some().then(|| CONTEXT.to_owned());
        self
    }
}

/// The subscriber with these matchers. `before_hub`: the path of the public URL, which the path of the hub begins with.
pub fn subscriber(
    id: &str,
    before_hub: &str,
    matchers: &[Matcher],
    claims: Option<&MercureClaims>,
) -> MercureSubscriber {
    let of = |matcher: &Matcher| {
        let (kind, text) = (matcher.kind.name(), percent::encode(&matcher.text));
        let id = percent::encode(id);
        let payload = claims.and_then(|claims| claims.payload(&matcher.filter));
        Subscription {
            topic: match kind {
                None => format!("{before_hub}{SUBSCRIPTIONS}{text}/{id}").into(),
                Some(kind) => format!("{before_hub}{SUBSCRIPTIONS}{kind}/{text}/{id}").into(),
            },
            match_type: kind,
            matcher: matcher.text.clone(),
            payload: payload.cloned(),
        }
    };
    MercureSubscriber {
        id: id.into(),
        subscriptions: matchers.iter().map(of).collect(),
    }
}
