//! What a stream may subscribe to: by the grant of a token, or by the permissions of an API key.

use std::sync::Arc;

use axum::http::request::Parts;

use super::{
    Auth, Grant, Principal, Refusal, action::Action, allows, asks_as_panel, bearer, cookie,
    key::KeyText, key_text, permission::Target,
};
use crate::{
    message::{ClientId, TopicFilter},
    query::Pairs,
};

/// The rights of a stream.
#[derive(Clone, Debug)]
pub struct Listening {
    /// Of a token, or of anybody.
    pub grant: Grant,
    /// The API key that the stream was opened with, or with which the panel was opened that opens it.
    pub key: Option<Arc<KeyText>>,
    /// The same, where its permissions hold and not the grant.
    bounds: Option<Principal>,
}

impl From<Grant> for Listening {
    fn from(grant: Grant) -> Self {
        let (key, bounds) = (None, None);
        Self { grant, key, bounds }
    }
}

impl Listening {
    /// Whether it may subscribe to all topics of a filter.
    pub fn allows(&self, filter: &TopicFilter) -> bool {
        match &self.bounds {
            Some(own) if !filter.is_reserved() => own.may(Action::Listen, Target::Filter(filter)),
            _ => self.grant.allows(filter),
        }
    }

    /// Refuses to act as a client that it may not be.
    pub fn check_client(&self, client_id: &ClientId) -> Result<(), Refusal> {
        self.grant.check_client([client_id.as_str()])?;
        match &self.bounds {
            None => Ok(()),
            Some(own) => allows(own, Action::Listen, Target::Client(client_id))
                .map_err(|refusal| refusal.field("client_id")),
        }
    }
}

impl Auth {
    /// What this caller may listen to.
    pub fn listening(&self, parts: &Parts) -> Result<Listening, Refusal> {
        let pairs = Pairs::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let in_header = bearer(parts);
        let in_query = pairs.get("token");
        let shown = match (in_header, in_query) {
            (Some(token), _) => Some(("Authorization", token)),
            (None, Some(token)) => Some(("token", token)),
            (None, None) => None,
        };
        if let Some((field, token)) = shown
            && self.has_keys()
            && key_text::is_key(token)
        {
            let key = self.key(token, parts).map_err(|why| why.field(field))?;
            return bounded(key, pairs.all("topic"), true);
        }
        if shown.is_none()
            && let Ok(Principal::Key(key)) = self.ambient(parts)
        {
            if !self.needs_stream_token() {
                // Anybody may subscribe, so a person who has signed in may too.
                let grant = Grant::without_token(&self.anonymous, reads_everything(&key));
                return Ok(Listening {
                    key: Some(key),
                    ..grant.into()
                });
            }
            let has_token = cookie::values(&parts.headers, super::STREAM_COOKIE).next();
            if has_token.is_none() {
                return bounded(key, pairs.all("topic"), false);
            }
        }
        self.listener(parts).map(Listening::from)
    }
}

/// What a key may listen to. Whoever may read everything sees the server's own topics, without further rights.
fn bounded<'a>(
    key: Arc<KeyText>,
    topics: impl Iterator<Item = &'a str>,
    is_shown: bool,
) -> Result<Listening, Refusal> {
    let principal = Principal::Key(Arc::clone(&key));
    let admin = reads_everything(&key);
    let as_panel = admin && asks_as_panel(topics);
    if !as_panel {
        allows(&principal, Action::Listen, Target::Server)
            .map_err(|why| if is_shown { why } else { why.field("token") })?;
    }
    Ok(Listening {
        grant: Grant::open(admin),
        key: Some(key),
        bounds: (!as_panel).then_some(principal),
    })
}

fn reads_everything(key: &Arc<KeyText>) -> bool {
    Principal::Key(Arc::clone(key)).reading().is_none()
}
