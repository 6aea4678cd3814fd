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
mod daily_pushes;
mod digest;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod grant;
mod guess_limit;
mod issuer_client;
mod key;
mod key_text;
mod keys;
mod limits;
mod listening;
mod mercure;
mod mercure_check;
mod oidc;
mod oidc_sign_in;
mod own_cookie;
mod password;
mod people;
mod permission;
mod principal;
mod refusal;
mod reload;
mod role;
mod same_origin;
mod session;
mod session_streams;
mod shown;
mod sign_in;
mod stream_check;
mod stream_number;
mod token;
mod totp;

pub use access::{Access, IssuerAccount, PermissionTexts};
pub use action::{Action, Actions};
pub use admin_token::FindSession;
pub use anonymous::Anonymous;
pub use client_address::{Sender, client_address};
pub use connection_info::{ConnectionInfo, Scheme};
pub use credentials::remote;
pub use grant::{Grant, TopicsGrant};
pub use key::{BadKey, Key, KeyText};
pub use key_text::NewKeyText;
pub use keys::Keys;
pub use limits::{Limit, LimitReached, Limits, Quota};
pub use listening::Listening;
pub use mercure::{MercureReader, Publisher};
pub use oidc::{ATTEMPT_LIFETIME, Account, Confirmed, Oidc, OidcError};
pub use oidc_sign_in::{CALLBACK as OIDC_CALLBACK, OidcSignInError};
pub use own_cookie::OwnCookie;
pub use password::{PasswordError, check_new_password};
pub use people::{People, Person, numbered_name, parse_name};
pub use permission::{Permission, Reach, Target};
pub use principal::{Principal, allows};
pub use refusal::{Refusal, RefusalKind};
pub use role::{InvalidField, InvalidRole, Role, Roles};
pub use session::{LIFETIME as SESSION_LIFETIME, NewSession};
pub use session_streams::SessionStreams;
pub use shown::{AskedTarget, Shown};
pub use sign_in::{Credentials, SignInError, SignedIn};
pub use token::{DETAIL_TYPE, InvalidToken, Jwks, MAX_TOKEN_ID, MercureClaims, sign};
pub use totp::TotpSecret;

use std::sync::Arc;

use axum::http::request::Parts;

use crate::{
    config::{Host, ProxySettings, Settings},
    log::{OpenedBy, Session},
    message::TopicFilter,
    metrics::CounterFamily,
    query::Pairs,
    registry::now,
};
use admin_token::AdminToken;
use attempt_limit::AttemptLimit;
use credentials::bearer;
use mercure::Mercure;
use token::Tokens;

/// The cookie that may hold a stream token.
const STREAM_COOKIE: &str = "tidings_stream";

/// The rules of access, made from the settings.
#[derive(Debug)]
pub struct Auth {
    admin: Option<AdminToken>,
    stream: Option<Tokens>,
    anonymous: Arc<Anonymous>,
    mercure: Option<Mercure>,
    /// Further host names of this server (`--allow-host`), and that of `--public-url`.
    hosts: Vec<Host>,
    failures: Arc<CounterFamily>,
    keys: Arc<Keys>,
    people: Arc<People>,
    oidc: Option<Arc<Oidc>>,
    session_streams: Arc<SessionStreams>,
    proxy: ProxySettings,
    /// Stream tokens that nobody has signed.
    forged: Arc<AttemptLimit>,
}

impl Auth {
    /// Takes the secrets and names from the settings.
    pub fn new(
        settings: &Settings,
        find_session: FindSession,
        keys: Arc<Keys>,
        people: Arc<People>,
    ) -> Self {
        let admin = settings.admin_token.as_ref();
        let public = settings.proxy.public_url.as_ref();
        let public = public.map(|url| url.host().clone());
        let auth = Self {
            admin: admin.map(|token| AdminToken::new(token, find_session)),
            stream: Tokens::new(settings, None),
            anonymous: Anonymous::of(settings),
            mercure: Mercure::new(settings),
            hosts: settings.allow_host.iter().cloned().chain(public).collect(),
            failures: Arc::new(CounterFamily::new(&RefusalKind::NAMES)),
            keys,
            people,
            oidc: Oidc::new(settings),
            session_streams: Arc::default(),
            proxy: settings.proxy.clone(),
            forged: Arc::default(),
        };
        auth.limit_failures(settings);
        auth
    }

    /// The API keys.
    pub fn keys(&self) -> &Arc<Keys> {
        &self.keys
    }

    /// The people.
    pub fn people(&self) -> &Arc<People> {
        &self.people
    }

    /// The streams of sessions.
    pub fn session_streams(&self) -> &Arc<SessionStreams> {
        &self.session_streams
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
            Some(_) => match self.session(parts) {
                Some((_, principal)) => principal,
                None => {
                    return Err(Refusal::new(
                        RefusalKind::Unauthorized,
                        "send the admin token or an API key as `Authorization: Bearer`, or sign in",
                    ));
                }
            },
            None => {
                same_origin::check_host(parts, &self.hosts)?;
                Principal::Machine
            }
        };
        same_origin::check_origin(parts, &self.hosts)?;
        Ok(principal)
    }

    /// The session of a request by its digest, and whose it is. None if no session of its cookies is open.
    pub fn session(&self, parts: &Parts) -> Option<([u8; 32], Principal)> {
        let cookie = OwnCookie::Session.name(parts, &self.proxy);
        let mut sessions = self.admin.as_ref()?.sessions(parts, cookie);
        let owned = |(digest, session): ([u8; 32], Arc<Session>)| {
            Some((digest, self.owner_of(&session.by)?))
        };
        let (digest, principal) = sessions.find_map(owned)?;
        if let Principal::Key(text) = &principal {
            let from = remote(parts).map(|peer| peer.ip());
            text.key.last_use.note(now(), from);
        }
        Some((digest, principal))
    }

    /// Whose a session is that was opened in this way. None if the key or the person is not there any more, or their issuer is
    /// not that of the settings.
    pub fn owner_of(&self, by: &OpenedBy) -> Option<Principal> {
        match by {
            OpenedBy::AdminToken => Some(Principal::Session),
            OpenedBy::Key(digest) => self.keys.of_session(digest).map(Principal::Key),
            OpenedBy::Person(id) => {
                let person = self.people.get(id)?;
                self.may_go_on(&person).then_some(Principal::Person(person))
            }
        }
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

    /// Whether there can be API keys and people. They need an admin token: without one, this machine may do everything.
    pub fn has_keys(&self) -> bool {
        self.admin.is_some()
    }

    /// Whether a stream needs a token.
    fn needs_stream_token(&self) -> bool {
        self.stream.is_some()
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
