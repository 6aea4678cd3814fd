//! Access: who asks ([`Principal`]), what there is to be done ([`Action`]), and whether they may do it ([`allows`]).
//!
//! Without an admin token the server answers only this machine. Then every local program is trusted, but no page of
//! another site. With an admin token, a request needs the token, an API key, or a session.

mod access;
mod action;
mod admin_token;
mod anonymous;
mod attempt_limit;
mod client_address;
mod connection_info;
mod cookie;
mod credentials;
mod digest;
mod grant;
mod key;
mod key_text;
mod keys;
mod limits;
mod listening;
mod permission;
mod principal;
mod refusal;
mod reload;
mod role;
mod same_origin;
mod session;
mod stream_check;
mod token;

pub use access::{Access, PermissionTexts};
pub use action::{Action, Actions};
pub use admin_token::FindSession;
pub use anonymous::Anonymous;
pub use client_address::{Sender, client_address};
pub use connection_info::{ConnectionInfo, Scheme};
pub use grant::{Grant, TopicsGrant};
pub use key::{Key, KeyText};
pub use key_text::NewKeyText;
pub use keys::Keys;
pub use limits::{Limit, LimitReached, Limits, Quota};
pub use listening::Listening;
pub use permission::{Permission, Reach, Target};
pub use principal::{Principal, allows};
pub use refusal::{Refusal, RefusalKind};
pub use role::{InvalidField, InvalidRole, Role, Roles};
pub use session::{COOKIE as SESSION_COOKIE, LIFETIME as SESSION_LIFETIME, NewSession};
pub use token::{InvalidToken, Jwks, MAX_TOKEN_ID, sign};

use std::sync::Arc;

use axum::http::request::Parts;

use crate::{
    config::{Host, Settings},
    log::OpenedBy,
    message::TopicFilter,
    metrics::CounterFamily,
    query::Pairs,
};
use admin_token::AdminToken;
use attempt_limit::AttemptLimit;
use credentials::{bearer, remote};
use token::Tokens;

/// The cookie that may hold a stream token.
const STREAM_COOKIE: &str = "tidings_stream";

/// Why signing in failed.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The token is wrong, or the request is not allowed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The system has no random bits for the id of the session.
    #[error("no random bits: {0}")]
    NoRandomBits(#[from] getrandom::Error),
}

/// The rules of access, made from the settings.
#[derive(Debug)]
pub struct Auth {
    admin: Option<AdminToken>,
    stream: Option<Tokens>,
    anonymous: Arc<Anonymous>,
    /// Further host names of this server (`--allow-host`), and that of `--public-url`.
    hosts: Vec<Host>,
    failures: Arc<CounterFamily>,
    keys: Arc<Keys>,
    /// Stream tokens that nobody has signed.
    forged: Arc<AttemptLimit>,
}

impl Auth {
    /// Takes the secrets and names from the settings.
    pub fn new(settings: &Settings, find_session: FindSession, keys: Arc<Keys>) -> Self {
        let admin = settings.admin_token.as_ref();
        let public = settings.proxy.public_url.as_ref();
        let public = public.map(|url| url.host().clone());
        let auth = Self {
            admin: admin.map(|token| AdminToken::new(token, find_session)),
            stream: Tokens::new(settings, None),
            anonymous: Anonymous::of(settings),
            hosts: settings.allow_host.iter().cloned().chain(public).collect(),
            failures: Arc::new(CounterFamily::new(&RefusalKind::NAMES)),
            keys,
            forged: Arc::default(),
        };
        auth.limit_failures(settings);
        auth
    }

    /// The API keys.
    pub fn keys(&self) -> &Arc<Keys> {
        &self.keys
    }

    /// Who asks. Fails if that can't be told, or if the request must not come from where it comes from.
    pub fn principal(&self, parts: &Parts) -> Result<Principal, Refusal> {
        match (&self.admin, bearer(parts)) {
            (Some(_), Some(token)) if key_text::is_key(token) => {
                self.key(token, parts).map(Principal::Key)
            }
            (Some(admin), Some(token)) => admin.check(token, parts).map(|()| Principal::AdminToken),
            _ => self.ambient(parts),
        }
    }

    /// The API key with this text.
    fn key(&self, text: &str, parts: &Parts) -> Result<Arc<KeyText>, Refusal> {
        self.keys.find(text, remote(parts).map(|peer| peer.ip()))
    }

    /// The same without a token: by a session cookie, or by coming from this machine. A browser sends both on behalf of
    /// any page, so the request must come from a page of this server or from no page.
    fn ambient(&self, parts: &Parts) -> Result<Principal, Refusal> {
        let principal = match &self.admin {
            Some(admin) => {
                let from = remote(parts).map(|peer| peer.ip());
                let principal = |by| match by {
                    OpenedBy::AdminToken => Some(Principal::Session),
                    OpenedBy::Key(digest) => {
                        self.keys.of_session(&digest, from).map(Principal::Key)
                    }
                };
                admin.sessions(parts).find_map(principal).ok_or_else(|| {
                    Refusal::new(
                        RefusalKind::Unauthorized,
                        "send the admin token or an API key as `Authorization: Bearer`, or sign in",
                    )
                })?
            }
            None => {
                same_origin::check_host(parts, &self.hosts)?;
                Principal::Machine
            }
        };
        same_origin::check_origin(parts, &self.hosts)?;
        Ok(principal)
    }

    /// Whether this caller may do everything, without having shown a token.
    fn is_ambient_admin(&self, parts: &Parts) -> bool {
        let principal = self.ambient(parts);
        matches!(principal, Ok(Principal::Machine | Principal::Session))
    }

    /// Whether an admin has to show a token.
    pub fn requires_token(&self) -> bool {
        self.admin.is_some()
    }

    /// Whether there can be API keys. They need an admin token: without one, this machine may do everything.
    pub fn has_keys(&self) -> bool {
        self.admin.is_some()
    }

    /// Whether a stream needs a token.
    fn needs_stream_token(&self) -> bool {
        self.stream.is_some()
    }

    /// Checks the admin token, or an API key that may read. Returns who signs in, and the session to open; none if no
    /// admin token is configured.
    pub fn sign_in(
        &self,
        token: &str,
        parts: &Parts,
    ) -> Result<(Principal, Option<NewSession>), SignInError> {
        let Some(admin) = &self.admin else {
            return Ok((self.principal(parts)?, None));
        };
        same_origin::check_origin(parts, &self.hosts)?;
        let check = || match key_text::is_key(token) {
            true => {
                let principal = Principal::Key(self.key(token, parts)?);
                allows(&principal, Action::Read, Target::Server)?;
                Ok(principal)
            }
            false => admin.check(token, parts).map(|()| Principal::Session),
        };
        let principal = check().map_err(|refusal: Refusal| refusal.field("token"))?;
        let session = NewSession::random(&admin.digest)?;
        Ok((principal, Some(session)))
    }

    /// The digests of the open sessions that are to be closed: those of all session cookies of the request.
    pub fn sign_out(&self, parts: &Parts) -> Result<Vec<[u8; 32]>, Refusal> {
        let Some(admin) = &self.admin else {
            return self.principal(parts).map(|_| Vec::new());
        };
        same_origin::check_origin(parts, &self.hosts)?;
        let digests = admin.session_digests(parts);
        Ok(digests
            .filter(|digest| (admin.find_session)(digest).is_some())
            .collect())
    }

    /// What this caller may subscribe to.
    pub fn listener(&self, parts: &Parts) -> Result<Grant, Refusal> {
        let bearer = bearer(parts);
        let pairs = Pairs::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let shown = match bearer {
            Some(token) => Some(("Authorization", token)),
            None => pairs.get("token").map(|token| ("token", token)),
        };
        let grant = match (&self.stream, shown, &self.admin) {
            (_, Some(("Authorization", token)), Some(admin)) if !token::is_jwt(token) => {
                admin.check(token, parts)?;
                Grant::open(true)
            }
            // A stream token is ignored where none is needed.
            (None, ..) => self.open_listener(parts),
            (Some(key), Some((field, token)), _) => self.verify(key, field, token, parts)?,
            (Some(key), None, _) => self.ambient_listener(key, parts, pairs.all("topic"))?,
        };
        grant.check_client(pairs.all("client_id"))?;
        Ok(grant)
    }

    /// The grant where streams need no token: everybody may subscribe to what the settings allow, also pages of other origins.
    /// Only admins see the server's own topics.
    fn open_listener(&self, parts: &Parts) -> Grant {
        match self.ambient(parts) {
            Ok(Principal::Session) => Grant::open(true),
            // Also this machine is held to the settings.
            other => {
                let is_machine = matches!(other, Ok(Principal::Machine));
                Grant::without_token(&self.anonymous, is_machine)
            }
        }
    }

    /// The grant where streams need a token and the request has none in its header or query: by session, then by
    /// cookie, then what is allowed without one.
    fn ambient_listener<'a>(
        &self,
        key: &Tokens,
        parts: &Parts,
        topics: impl Iterator<Item = &'a str>,
    ) -> Result<Grant, Refusal> {
        if self.is_ambient_admin(parts) && (self.admin.is_some() || asks_as_panel(topics)) {
            return Ok(Grant::open(true));
        }
        match cookie::values(&parts.headers, STREAM_COOKIE).next() {
            Some(token) => self.verify(key, STREAM_COOKIE, token, parts),
            None if self.anonymous.are_allowed() => Ok(Grant::without_token(&self.anonymous, false)),
            None => Err(Refusal::new(
                RefusalKind::Unauthorized,
                "this server's streams need a stream token: send it as `Authorization: Bearer`, in the cookie tidings_stream, or as ?token=",
            )
            .field("token")),
        }
    }
}

/// Whether only the server's own topics are requested. Without an admin token every local caller is an admin. If that
/// allowed other topics as well, a stream secret would have no effect.
fn asks_as_panel<'a>(topics: impl Iterator<Item = &'a str>) -> bool {
    let mut topics = topics.peekable();
    let own = |topic| TopicFilter::parse(topic).is_ok_and(|topic| topic.is_reserved());
    topics.peek().is_some() && topics.all(own)
}

#[cfg(test)]
mod tests;
