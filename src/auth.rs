//! Access: who may push and administer, and who may subscribe to which topics.
//!
//! Without an admin token the server answers only this machine. Then every local program is trusted, but no page of
//! another site. With an admin token, a request needs the token or a session.

mod attempt_limit;
mod client_address;
mod connection_info;
mod cookie;
mod digest;
mod grant;
mod limits;
mod refusal;
mod reload;
mod same_origin;
mod session;
mod stream_check;
mod token;

pub use client_address::{Sender, client_address};
pub use connection_info::{ConnectionInfo, Scheme};
pub use grant::{Grant, TopicsGrant};
pub use limits::{Limit, LimitReached, Limits, Quota};
pub use refusal::{Refusal, RefusalKind};
pub use session::{COOKIE as SESSION_COOKIE, LIFETIME as SESSION_LIFETIME, NewSession};
pub use token::{InvalidToken, Jwks, MAX_TOKEN_ID, sign};

use std::{net::SocketAddr, sync::Arc, time::Instant};

use axum::http::{header, request::Parts};
use subtle::ConstantTimeEq;

use crate::{
    config::{Host, Secret, Settings},
    message::TopicFilter,
    metrics::CounterFamily,
    query::Pairs,
};
use attempt_limit::AttemptLimit;
use digest::digest;
use session::session_digest;
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
    /// Further host names of this server (`--allow-host`), and that of `--public-url`.
    hosts: Vec<Host>,
    failures: Arc<CounterFamily>,
    /// Stream tokens that nobody has signed.
    forged: Arc<AttemptLimit>,
}

/// Whether the session with this digest is open.
pub type IsSessionOpen = Arc<dyn Fn(&[u8; 32]) -> bool + Send + Sync>;

/// The admin token and the sessions opened with it.
struct AdminToken {
    /// A digest, so that the comparison does not reveal the length of the token.
    digest: [u8; 32],
    attempts: Arc<AttemptLimit>,
    is_session_open: IsSessionOpen,
}

impl Auth {
    /// Takes the secrets and names from the settings.
    pub fn new(settings: &Settings, is_session_open: IsSessionOpen) -> Self {
        let admin = settings.admin_token.as_ref();
        let public = settings.proxy.public_url.as_ref();
        let public = public.map(|url| url.host().clone());
        let auth = Self {
            admin: admin.map(|token| AdminToken::new(token, is_session_open)),
            stream: Tokens::new(settings, None),
            hosts: settings.allow_host.iter().cloned().chain(public).collect(),
            failures: Arc::new(CounterFamily::new(&RefusalKind::NAMES)),
            forged: Arc::default(),
        };
        auth.limit_failures(settings);
        auth
    }

    /// Whether this caller may push and administer.
    pub fn admin(&self, parts: &Parts) -> Result<Admin, Refusal> {
        match (&self.admin, bearer(parts)) {
            (Some(admin), Some(token)) => admin.check(token, parts),
            _ => self.ambient_admin(parts),
        }
    }

    /// The same without a token: by a session cookie, or by coming from this machine. A browser sends both on behalf of
    /// any page, so the request must come from a page of this server or from no page.
    fn ambient_admin(&self, parts: &Parts) -> Result<Admin, Refusal> {
        match &self.admin {
            Some(admin) => {
                admin.check_session(parts)?;
            }
            None => same_origin::check_host(parts, &self.hosts)?,
        }
        same_origin::check_origin(parts, &self.hosts)?;
        Ok(Admin(()))
    }

    /// Whether an admin has to show a token.
    pub fn requires_token(&self) -> bool {
        self.admin.is_some()
    }

    /// Checks the admin token. Returns the session to open; none if no admin token is configured.
    pub fn sign_in(&self, token: &str, parts: &Parts) -> Result<Option<NewSession>, SignInError> {
        let Some(admin) = &self.admin else {
            self.admin(parts)?;
            return Ok(None);
        };
        same_origin::check_origin(parts, &self.hosts)?;
        admin
            .check(token, parts)
            .map_err(|refusal| refusal.field("token"))?;
        Ok(Some(NewSession::random(&admin.digest)?))
    }

    /// The digests of the open sessions that are to be closed: those of all session cookies of the request.
    pub fn sign_out(&self, parts: &Parts) -> Result<Vec<[u8; 32]>, Refusal> {
        let Some(admin) = &self.admin else {
            return self.admin(parts).map(|_| Vec::new());
        };
        same_origin::check_origin(parts, &self.hosts)?;
        let ids = cookie::values(&parts.headers, session::COOKIE);
        let digests = ids.map(|id| session_digest(&admin.digest, id));
        Ok(digests.filter(|id| (admin.is_session_open)(id)).collect())
    }

    /// What this caller may subscribe to.
    pub fn listener(&self, parts: &Parts) -> Result<Grant, Refusal> {
        let bearer = bearer(parts);
        let Some(key) = &self.stream else {
            return self.open_listener(parts, bearer);
        };
        let pairs = Pairs::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let shown = match bearer {
            Some(token) => Some(("Authorization", token)),
            None => pairs.get("token").map(|token| ("token", token)),
        };
        let grant = match (shown, &self.admin) {
            (Some(("Authorization", token)), Some(admin)) if !token::is_jwt(token) => {
                admin.check(token, parts)?;
                Grant::open(true)
            }
            (Some((field, token)), _) => self.verify(key, field, token, parts)?,
            (None, _) => self.ambient_listener(key, parts, pairs.all("topic"))?,
        };
        grant.check_client(pairs.all("client_id"))?;
        Ok(grant)
    }

    /// The grant where streams need no token: everybody may subscribe, also pages of other origins. Only admins see the
    /// server's own topics.
    fn open_listener(&self, parts: &Parts, bearer: Option<&str>) -> Result<Grant, Refusal> {
        let admin = match (&self.admin, bearer) {
            // A stream token is ignored where none is needed.
            (Some(admin), Some(token)) if !token::is_jwt(token) => {
                admin.check(token, parts)?;
                true
            }
            _ => self.ambient_admin(parts).is_ok(),
        };
        Ok(Grant::open(admin))
    }

    /// The grant where streams need a token and the request has none in its header or query: by session, then by
    /// cookie.
    fn ambient_listener<'a>(
        &self,
        key: &Tokens,
        parts: &Parts,
        topics: impl Iterator<Item = &'a str>,
    ) -> Result<Grant, Refusal> {
        let is_admin = self.ambient_admin(parts).is_ok();
        if is_admin && (self.admin.is_some() || asks_as_panel(topics)) {
            return Ok(Grant::open(true));
        }
        match cookie::values(&parts.headers, STREAM_COOKIE).next() {
            Some(token) => self.verify(key, STREAM_COOKIE, token, parts),
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

impl AdminToken {
    fn new(token: &Secret, is_session_open: IsSessionOpen) -> Self {
        Self {
            digest: digest(token.expose()),
            attempts: Arc::default(),
            is_session_open,
        }
    }

    /// Checks a token, in constant time.
    fn check(&self, token: &str, parts: &Parts) -> Result<Admin, Refusal> {
        let right = bool::from(digest(token).ct_eq(&self.digest));
        let remote = remote(parts);
        match self.attempts.check(remote, right, Instant::now()) {
            Ok(true) => Ok(Admin(())),
            Ok(false) => {
                let remote = remote.map(|remote| remote.ip().to_string());
                tracing::warn!(remote, "wrong admin token");
                Err(Refusal::new(
                    RefusalKind::Unauthorized,
                    "this is not the admin token",
                ))
            }
            Err(none) => Err(none.into()),
        }
    }

    fn check_session(&self, parts: &Parts) -> Result<(), Refusal> {
        let mut ids = cookie::values(&parts.headers, session::COOKIE);
        match ids.any(|id| (self.is_session_open)(&session_digest(&self.digest, id))) {
            true => Ok(()),
            false => Err(Refusal::new(
                RefusalKind::Unauthorized,
                "send the admin token as `Authorization: Bearer`, or sign in",
            )),
        }
    }
}

impl std::fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AdminToken(..)")
    }
}

/// The token of `Authorization: Bearer` (RFC 6750, section 2.1). Other schemes are ignored: they may be meant for a
/// proxy.
fn bearer(parts: &Parts) -> Option<&str> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The address of the peer, if it is known.
fn remote(parts: &Parts) -> Option<SocketAddr> {
    parts.extensions.get::<ConnectionInfo>()?.peer
}

/// Proof that the caller may push and administer. Only this module can create it.
#[derive(Clone, Copy, Debug)]
pub struct Admin(());

#[cfg(test)]
mod tests;
