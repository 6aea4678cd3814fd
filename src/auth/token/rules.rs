//! What the claims of a token must say, besides who signed it.

use crate::config::JwtSettings;

/// By how many seconds the clock of whoever signs with the stream secret may differ.
const LEEWAY: u64 = 5;

/// The claim with the topics, if the settings name no other.
const TOPICS: &str = "topics";

/// The rules of the tokens of one kind of key.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The issuers that are allowed. Empty: any or none.
    pub issuers: Vec<String>,
    /// The audiences of which a token must name one. Empty: it must name none.
    pub audiences: Vec<String>,
    /// By how many seconds the clock of the issuer may differ.
    pub leeway: u64,
    /// The claim with the topics, a path with dots.
    pub topics_claim: String,
    /// What its entries begin with if they are topics.
    pub topics_prefix: String,
}

impl Default for Rules {
    /// Those of tokens that are signed with the stream secret.
    fn default() -> Self {
        Self {
            issuers: Vec::new(),
            audiences: Vec::new(),
            leeway: LEEWAY,
            topics_claim: TOPICS.to_owned(),
            topics_prefix: String::new(),
        }
    }
}

impl Rules {
    /// Those of tokens of other issuers.
    pub fn of(settings: &JwtSettings) -> Self {
        Self {
            issuers: settings.jwt_issuer.clone(),
            audiences: settings.jwt_audience.clone(),
            leeway: settings.jwt_leeway,
            topics_claim: settings.jwt_topics_claim.clone(),
            topics_prefix: settings.jwt_topics_prefix.clone(),
        }
    }
}
