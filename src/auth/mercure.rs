//! The rules of the Mercure protocol, and who publishes and subscribes by it.

use super::{
    Principal,
    token::{MercureClaims, MercureRules},
};
use crate::{
    config::{AllowedOrigin, Settings, TokenKey},
    message::{Topic, TopicFilter},
};

/// The rules of the Mercure protocol, made from the settings.
#[derive(Debug)]
pub(super) struct Mercure {
    pub publisher_keys: Vec<TokenKey>,
    pub subscriber_keys: Vec<TokenKey>,
    /// Whether subscribers need no token.
    pub anonymous: bool,
    /// Which tokens are taken.
    pub rules: MercureRules,
    /// The cookie with a token of 1.0.
    pub cookie: String,
    /// Other origins whose pages may publish with a cookie.
    pub origins: Vec<AllowedOrigin>,
}

/// Who publishes.
#[derive(Clone, Debug)]
pub enum Publisher {
    /// Whoever a token was signed for.
    Token(MercureClaims),
    /// Somebody that the server knows in another way, such as an API key.
    Principal(Principal),
}

/// What a subscriber may read.
#[derive(Clone, Debug, Default)]
pub struct MercureReader {
    /// The claims of its token. None: it has shown none.
    pub claims: Option<MercureClaims>,
    /// The topics whose private updates it may read.
    pub granted: Vec<TopicFilter>,
    /// The topics whose messages are public, if they are not updates.
    pub open: Vec<TopicFilter>,
    /// Marks the stream, if an API key has opened it. 0: none has.
    pub number: u32,
}

impl Mercure {
    /// Takes the keys from the settings. None if the protocol is not spoken.
    pub fn new(settings: &Settings) -> Option<Self> {
        let mercure = &settings.mercure;
        mercure.is_on().then(|| Self {
            publisher_keys: mercure.publisher_keys.clone(),
            subscriber_keys: mercure.subscriber_keys.clone(),
            anonymous: mercure.mercure_anonymous,
            rules: MercureRules {
                issuer: mercure.mercure_issuer.clone(),
                hub: settings.hub_url_or_default(),
                audience: settings.hub_url().map(String::from),
                takes_old: mercure.takes_old_tokens(),
            },
            cookie: mercure.mercure_cookie.clone(),
            origins: settings.allow_origin.clone(),
        })
    }
}

impl MercureClaims {
    /// Whether it allows to publish to this topic.
    pub fn publishes_to(&self, topic: &Topic) -> bool {
        self.publish.iter().any(|selector| selector.matches(topic))
    }
}
