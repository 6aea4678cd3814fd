//! What a caller sees in lists: everything, or what its permissions to read include.

use std::sync::Arc;

use app::wire::ConnectionInfo;
use serde::{Deserialize, Serialize};

use super::access::Caller;
use crate::{
    auth::{Reach, Target},
    message::{Audience, ClientId, ClientPattern, TopicFilter},
};

/// See the module documentation. Nodes of a cluster send it with their questions.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "Option<Texts>", into = "Option<Texts>")]
pub struct Visible(Option<Arc<Reach>>);

impl From<&Caller> for Visible {
    fn from(Caller(principal, _): &Caller) -> Self {
        Self(principal.reading().map(Arc::new))
    }
}

impl Visible {
    /// Whether nothing is hidden.
    pub fn is_everything(&self) -> bool {
        self.0.is_none()
    }

    /// Whether a client is visible.
    pub fn client(&self, client_id: &ClientId) -> bool {
        self.includes(Target::Client(client_id))
    }

    /// The same, by the id as text.
    pub fn client_named(&self, client_id: &str) -> bool {
        let parsed = || ClientId::parse(client_id);
        self.is_everything() || parsed().is_ok_and(|client_id| self.client(&client_id))
    }

    /// Whether a subscription is visible.
    pub fn filter(&self, text: &str) -> bool {
        let parsed = || TopicFilter::parse(text);
        self.is_everything() || parsed().is_ok_and(|filter| self.includes(Target::Filter(&filter)))
    }

    /// Whether a message to this audience is visible. Of several clients, all must be.
    pub fn audience(&self, audience: &Audience) -> bool {
        self.includes(audience.into())
    }

    fn includes(&self, target: Target<'_>) -> bool {
        self.0.as_ref().is_none_or(|reach| reach.includes(&target))
    }

    /// Removes the subscriptions of a connection that are not visible.
    pub fn hide_topics(&self, connection: &mut ConnectionInfo) {
        if !self.is_everything() {
            connection.topics.retain(|topic| self.filter(topic));
        }
    }
}

/// A reach as texts.
#[derive(Serialize, Deserialize)]
struct Texts {
    clients: Vec<String>,
    topics: Vec<String>,
    everyone: bool,
}

impl From<Visible> for Option<Texts> {
    fn from(Visible(reach): Visible) -> Self {
        let reach = reach?;
        Some(Texts {
            clients: reach.clients.iter().map(ToString::to_string).collect(),
            topics: reach.topics.iter().map(ToString::to_string).collect(),
            everyone: reach.everyone,
        })
    }
}

impl TryFrom<Option<Texts>> for Visible {
    type Error = String;

    fn try_from(texts: Option<Texts>) -> Result<Self, String> {
        let Some(texts) = texts else {
            return Ok(Self(None));
        };
        let clients = texts.clients.iter().map(|text| ClientPattern::parse(text));
        let topics = texts.topics.iter().map(|text| TopicFilter::parse(text));
        Ok(Self(Some(Arc::new(Reach {
            clients: clients
                .collect::<Result<_, _>>()
                .map_err(|why| why.to_string())?,
            topics: topics
                .collect::<Result<_, _>>()
                .map_err(|why| why.to_string())?,
            everyone: texts.everyone,
        }))))
    }
}
