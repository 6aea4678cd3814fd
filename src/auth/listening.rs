//! What a stream may subscribe to: by the grant of a token, or by the permissions of an API key.

use axum::http::request::Parts;

use super::{
    Auth, Grant, Principal, Refusal, action::Action, allows, asks_as_panel, bearer, cookie,
    key_text, permission::Target,
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
    /// Marks the stream: it ends with the API key or the session that it was opened with. 0: with neither.
    pub number: u32,
    /// Who opens it, where their permissions hold and not the grant.
    bounds: Option<Principal>,
}

impl From<Grant> for Listening {
    fn from(grant: Grant) -> Self {
        let (number, bounds) = (0, None);
        Self {
            grant,
            number,
            bounds,
        }
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

    /// Whether private updates of its topics may be read: the topics were granted to it, and not to anybody.
    pub fn reads_private(&self) -> bool {
        self.bounds.is_some() || self.grant.token.is_some() || self.grant.admin
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
            let number = key.number;
            return bounded(Principal::Key(key), number, pairs.all("topic"), true);
        }
        let Some((session, principal)) = self.session_of_stream(shown.is_some(), parts) else {
            return self.listener(parts).map(Listening::from);
        };
        let number = (self.session_streams).number(session, principal.stream_number());
        if !self.needs_stream_token() {
            // Anybody may subscribe, so a person who has signed in may too.
            let grant = match &principal {
                Principal::Session => Grant::open(true),
                _ => Grant::without_token(&self.anonymous, reads_everything(&principal)),
            };
            return Ok(Listening {
                number,
                ..grant.into()
            });
        }
        let has_token = cookie::values(&parts.headers, super::STREAM_COOKIE).next();
        if has_token.is_some() && !matches!(principal, Principal::Session) {
            return self.listener(parts).map(Listening::from);
        }
        bounded(principal, number, pairs.all("topic"), false)
    }

    /// The session that opens a stream, if it is for a page of this server and shows no token.
    fn session_of_stream(&self, shows_token: bool, parts: &Parts) -> Option<([u8; 32], Principal)> {
        let session = self.session(parts).filter(|_| !shows_token)?;
        self.ambient(parts).ok()?;
        Some(session)
    }
}

/// What a key or a person may listen to. Whoever may read everything sees the server's own topics, without further rights.
fn bounded<'a>(
    principal: Principal,
    number: u32,
    topics: impl Iterator<Item = &'a str>,
    is_shown: bool,
) -> Result<Listening, Refusal> {
    let admin = reads_everything(&principal);
    let as_panel = admin && asks_as_panel(topics);
    if !as_panel {
        allows(&principal, Action::Listen, Target::Server)
            .map_err(|why| if is_shown { why } else { why.field("token") })?;
    }
    Ok(Listening {
        grant: Grant::open(admin),
        number,
        bounds: (!as_panel).then_some(principal),
    })
}

fn reads_everything(principal: &Principal) -> bool {
    principal.reading().is_none()
}
