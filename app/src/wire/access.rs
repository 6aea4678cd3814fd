//! What a secret may do.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::KeyInfo;
#[cfg(feature = "ssr")]
use super::values;

/// The body of `POST /api/access`. Of `client`, `topic` and `everyone` one can be given. It is not in any log.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AccessQuestion {
    /// The secret: an API key, the admin token, or a stream token.
    pub token: String,
    /// Only this action. Default: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::Action>))]
    pub action: Option<String>,
    /// Whether it may do it to this client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::ClientId>))]
    pub client: Option<String>,
    /// Whether it may do it to this topic, or to all topics of this pattern.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::TopicFilter>))]
    pub topic: Option<String>,
    /// Whether it may do it to everyone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub everyone: bool,
}

/// Without the secret.
impl fmt::Debug for AccessQuestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessQuestion")
            .field("action", &self.action)
            .field("client", &self.client)
            .field("topic", &self.topic)
            .field("everyone", &self.everyone)
            .finish_non_exhaustive()
    }
}

/// What a secret is, and what it may do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct AccessAnswer {
    /// `admin_token`, `key`, `stream_token`, or `unknown`.
    pub kind: String,
    /// Whether it is good now.
    pub valid: bool,
    /// Why it is not valid, in one word: of a key `expired`, `replaced`, `incomplete` or `unknown`; of a stream token
    /// `expired`, `not_yet_valid`, `bad_signature`, `bad_algorithm`, `unknown_signing_key`, `bad_key_id`,
    /// `unknown_extension`, `nested`, `missing_claim`, `wrong_issuer`, `wrong_audience`, `bad_claim`, `malformed`, `revoked`
    /// or `not_used`; of everything else `unknown`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The same as a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What it is, if that is known: the key as in the list of keys, also if it has ended. Of a stream token that is valid, `id`
    /// is its `jti`, `name` its client (`sub`), and `created_at` its `iat`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<KeyInfo>,
    /// All of this in words for people, in several lines.
    pub summary: String,
    /// Each action that was asked for. If it is not valid, none is allowed.
    pub actions: Vec<ActionAnswer>,
}

/// Whether an action is allowed: to the target that was asked for, or without one to anything at all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ActionAnswer {
    /// The action.
    #[cfg_attr(feature = "ssr", schema(value_type = values::Action))]
    pub action: String,
    /// Whether it is allowed.
    pub allowed: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}
