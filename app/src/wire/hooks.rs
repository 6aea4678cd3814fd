//! Webhooks.

use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::value::RawValue;

use super::number;
#[cfg(feature = "ssr")]
use super::values;

/// The kinds of events, in the order of the documentation.
pub const HOOK_EVENTS: [&str; 11] = [
    "client.online",
    "client.offline",
    "connection.opened",
    "connection.closed",
    "topic.occupied",
    "topic.vacated",
    "message.acknowledged",
    "message.expired",
    "job.ended",
    "gap",
    "limit.exceeded",
];

/// Which clients and topics a webhook hears of. An empty list restricts nothing, and no list restricts events that are about
/// something else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct HookFilter {
    /// Clients: an id, or a prefix such as `shop:*`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ssr", schema(value_type = Vec<values::ClientPattern>, max_items = 100))]
    pub clients: Vec<String>,
    /// Topics and patterns of topics.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ssr", schema(value_type = Vec<values::TopicFilter>, max_items = 100))]
    pub topics: Vec<String>,
}

/// The body of `POST /api/hooks`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct HookRequest {
    /// Where events are sent to: `https://`, unless the server allows others.
    #[cfg_attr(feature = "ssr", schema(value_type = values::HookUrl))]
    pub url: String,
    /// A name, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "ssr", schema(value_type = values::HookName))]
    pub name: String,
    /// The kinds of events.
    #[cfg_attr(feature = "ssr", schema(value_type = Vec<values::HookEvent>, min_items = 1, max_items = 32))]
    pub events: Vec<String>,
    /// Which of them.
    #[serde(default)]
    pub filter: HookFilter,
    /// How requests are signed: `hmac` (the default), with a secret that both sides have, or `ed25519`, with a key of which the
    /// receiver has only the public part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::HookSigning>))]
    pub signing: Option<String>,
    /// A secret of your own: `whsec_…` or `whsk_…`. Default: a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::HookSecret>))]
    pub secret: Option<String>,
}

/// The body of `PATCH /api/hooks/{id}`: what changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct HookUpdate {
    /// See [`HookRequest::url`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::HookUrl>))]
    pub url: Option<String>,
    /// See [`HookRequest::name`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::HookName>))]
    pub name: Option<String>,
    /// See [`HookRequest::events`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<Vec<values::HookEvent>>, min_items = 1, max_items = 32))]
    pub events: Option<Vec<String>>,
    /// See [`HookRequest::filter`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<HookFilter>,
    /// Whether deliveries stop. What happens meanwhile is delivered when they go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<bool>,
}

/// The body of `POST /api/hooks/{id}/replay`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct HookReplay {
    /// Everything that happened since then is sent again, as far as it is kept: milliseconds since 1970.
    #[serde(deserialize_with = "number::whole")]
    #[cfg_attr(feature = "ssr", schema(value_type = values::Number))]
    pub since: Option<u64>,
}

/// A webhook, without its secret. Times are in milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct HookInfo {
    /// Its id.
    pub id: String,
    /// Where events are sent to.
    pub url: String,
    /// A name, for people.
    pub name: String,
    /// The kinds of events.
    pub events: Vec<String>,
    /// Which of them.
    pub filter: HookFilter,
    /// `active`, `failing` (the last delivery was not taken, and is tried again) or `paused`.
    pub state: String,
    /// When it was made.
    pub created_at: u64,
    /// How many events of its kinds wait for it, with those that its filter leaves out. Counted up to 10,000.
    pub waiting: u64,
    /// How many events were removed before it got them, because they were too old or too many.
    pub lost: u64,
    /// Since when deliveries fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<u64>,
    /// When the next attempt is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<u64>,
    /// What went wrong the last time, or why it is paused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it was paused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_at: Option<u64>,
    /// `hmac` or `ed25519`.
    pub signing: String,
    /// The public key (`whpk_…`), if it signs with Ed25519.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
    /// Until when the secret before the last rotation signs too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_until: Option<u64>,
}

/// A webhook with its secret, which is shown only once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct NewHook {
    /// The secret: `whsec_…` to verify signatures with, or the private key `whsk_…`.
    pub secret: String,
    /// The webhook.
    #[serde(flatten)]
    pub info: HookInfo,
}

/// Reads both parts from the same object, as [`super::NewKey`] does.
impl<'de> Deserialize<'de> for NewHook {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Text {
            secret: String,
        }
        let object = Box::<RawValue>::deserialize(deserializer)?;
        let Text { secret } = serde_json::from_str(object.get()).map_err(D::Error::custom)?;
        let info = serde_json::from_str(object.get()).map_err(D::Error::custom)?;
        Ok(Self { secret, info })
    }
}

/// All webhooks, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct HooksList {
    /// The webhooks.
    pub hooks: Vec<HookInfo>,
}

/// The last attempt to deliver an event. Times are in milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct HookDelivery {
    /// The id of the event: the field `webhook-id` of its requests.
    pub id: String,
    /// What happened. Empty if the event is not kept any more.
    pub event: String,
    /// The client that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The topic that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// When it happened. 0 if the event is not kept any more.
    pub happened_at: u64,
    /// When the last attempt was made.
    pub at: u64,
    /// How many attempts were made.
    pub attempts: u64,
    /// `delivered`, `retrying` (it is tried again), or `failed` (the endpoint has refused it again and again, while it took
    /// others: it is not tried again by itself).
    pub outcome: String,
    /// The status of the answer, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// How many milliseconds the answer took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<u64>,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// One page of deliveries, the newest events first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct HookDeliveries {
    /// The deliveries.
    pub deliveries: Vec<HookDelivery>,
    /// `before` of the next page, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}
