//! Who may push and administer, and who may listen to what.
//!
//! Without an admin token this server answers this machine only, and there every program is trusted
//! while no page of another site is. With one, the token or a session made with it is what counts.

mod cookie;
mod digest;
mod grant;
mod refusal;
mod same_origin;
mod session;
mod stream_token;
mod tries;

pub use cookie::is_https;
pub use grant::{Grant, TopicsGrant};
pub use refusal::{Refusal, RefusalKind};
pub use session::{COOKIE as SESSION_COOKIE, LIFETIME as SESSION_LIFETIME};
pub use stream_token::{InvalidToken, sign};

use std::{net::SocketAddr, time::Instant};

use axum::{
    extract::ConnectInfo,
    http::{header, request::Parts},
};
use subtle::ConstantTimeEq;

use crate::{
    config::{Host, Secret, Settings},
    message::TopicFilter,
    query::Pairs,
};
use digest::digest;
use session::Sessions;
use stream_token::StreamKey;
use tries::Tries;

/// The cookie that may hold a stream token.
const STREAM_COOKIE: &str = "tidings_stream";

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The caller may not.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The system gave no random bits for the session's id.
    #[error("no random bits: {0}")]
    NoRandomBits(#[from] getrandom::Error),
}

/// The rules of access, made from the settings.
#[derive(Debug)]
pub struct Auth {
    admin: Option<AdminToken>,
    stream: Option<StreamKey>,
    /// Names that browsers may know this server by besides the one they connect to.
    hosts: Vec<Host>,
}

/// The admin token, and what was made with it.
struct AdminToken {
    /// Of the same length whatever the token's is, so that comparing does not tell.
    digest: [u8; 32],
    tries: Tries,
    sessions: Sessions,
}

impl Auth {
    /// Takes the secrets and names from the settings.
    pub fn new(settings: &Settings) -> Self {
        Self {
            admin: settings.admin_token.as_ref().map(AdminToken::new),
            stream: settings.stream_secret.as_ref().map(StreamKey::new),
            hosts: settings.allow_host.clone(),
        }
    }

    /// Whether this caller may push and administer.
    pub fn admin(&self, parts: &Parts) -> Result<Admin, Refusal> {
        match (&self.admin, bearer(parts)) {
            (Some(admin), Some(token)) => admin.check(token, parts),
            _ => self.ambient_admin(parts),
        }
    }

    /// The same by what a browser sends of itself, and which therefore proves nothing unless one of our
    /// own pages made it send: a session cookie, or just being on this machine.
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

    /// Opens a session for who shows the admin token, and gives its id; none where no token is configured
    /// and the caller is an admin without one.
    pub fn sign_in(&self, token: &str, parts: &Parts) -> Result<Option<String>, SignInError> {
        let Some(admin) = &self.admin else {
            self.admin(parts)?;
            return Ok(None);
        };
        same_origin::check_origin(parts, &self.hosts)?;
        admin
            .check(token, parts)
            .map_err(|refusal| refusal.field("token"))?;
        Ok(Some(admin.sessions.open(Instant::now())?))
    }

    /// Ends every session whose cookie this caller sends.
    pub fn sign_out(&self, parts: &Parts) -> Result<(), Refusal> {
        let Some(admin) = &self.admin else {
            return self.admin(parts).map(drop);
        };
        same_origin::check_origin(parts, &self.hosts)?;
        for id in cookie::values(&parts.headers, session::COOKIE) {
            admin.sessions.close(id);
        }
        Ok(())
    }

    /// What this caller may listen to.
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
            (Some(("Authorization", token)), Some(admin)) if !stream_token::is_jwt(token) => {
                admin.check(token, parts)?;
                Grant::open(true)
            }
            (Some((field, token)), _) => verify(key, field, token)?,
            (None, _) => self.ambient_listener(key, parts, pairs.all("topic"))?,
        };
        grant.check_client(pairs.all("client_id"))?;
        Ok(grant)
    }

    /// Where streams need no token: everybody, also pages of other origins. Those get no admin's view.
    fn open_listener(&self, parts: &Parts, bearer: Option<&str>) -> Result<Grant, Refusal> {
        let admin = match (&self.admin, bearer) {
            // A page may send its stream token to a server that does not ask for one.
            (Some(admin), Some(token)) if !stream_token::is_jwt(token) => {
                admin.check(token, parts)?;
                true
            }
            _ => self.ambient_admin(parts).is_ok(),
        };
        Ok(Grant::open(admin))
    }

    /// Where streams need a token, and the caller showed none by itself: a session, then the cookie.
    fn ambient_listener<'a>(
        &self,
        key: &StreamKey,
        parts: &Parts,
        topics: impl Iterator<Item = &'a str>,
    ) -> Result<Grant, Refusal> {
        let is_admin = self.ambient_admin(parts).is_ok();
        if is_admin && (self.admin.is_some() || asks_as_panel(topics)) {
            return Ok(Grant::open(true));
        }
        match cookie::values(&parts.headers, STREAM_COOKIE).next() {
            Some(token) => verify(key, STREAM_COOKIE, token),
            None => Err(Refusal::new(
                RefusalKind::Unauthorized,
                "this server's streams need a stream token: send it as `Authorization: Bearer`, in the cookie tidings_stream, or as ?token=",
            )
            .field("token")),
        }
    }
}

/// Whether nothing but the server's own topics is asked for. Without an admin token every caller on this
/// machine is an admin; a stream secret would mean nothing there if that opened all other streams too.
fn asks_as_panel<'a>(topics: impl Iterator<Item = &'a str>) -> bool {
    let mut topics = topics.peekable();
    let own = |topic| TopicFilter::parse(topic).is_ok_and(|topic| topic.is_reserved());
    topics.peek().is_some() && topics.all(own)
}

fn verify(key: &StreamKey, field: &'static str, token: &str) -> Result<Grant, Refusal> {
    key.verify(token)
        .map_err(|why| Refusal::new(RefusalKind::Unauthorized, why.to_string()).field(field))
}

impl AdminToken {
    fn new(token: &Secret) -> Self {
        Self {
            digest: digest(token.expose()),
            tries: Tries::default(),
            sessions: Sessions::default(),
        }
    }

    /// Compares a token that was shown, in constant time.
    fn check(&self, token: &str, parts: &Parts) -> Result<Admin, Refusal> {
        let right = bool::from(digest(token).ct_eq(&self.digest));
        let remote = remote(parts);
        match self.tries.judge(remote, right, Instant::now()) {
            Ok(true) => Ok(Admin(())),
            Ok(false) => {
                let remote = remote.map(|remote| remote.ip().to_string());
                tracing::warn!(remote, "a wrong admin token");
                Err(Refusal::new(
                    RefusalKind::Unauthorized,
                    "this is not the admin token",
                ))
            }
            Err(none) => Err(Refusal::new(
                RefusalKind::TooManyTries,
                format!(
                    "too many wrong tokens came from this address: wait {} s",
                    none.retry_after
                ),
            )
            .retry_after(none.retry_after)),
        }
    }

    fn check_session(&self, parts: &Parts) -> Result<(), Refusal> {
        let now = Instant::now();
        let mut ids = cookie::values(&parts.headers, session::COOKIE);
        match ids.any(|id| self.sessions.is_open(id, now)) {
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

/// The token of `Authorization: Bearer` (RFC 6750, section 2.1). Other schemes are not ours to judge: a
/// proxy may have asked for a password of its own.
fn bearer(parts: &Parts) -> Option<&str> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Where the connection comes from, if the server was told.
fn remote(parts: &Parts) -> Option<SocketAddr> {
    let info = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    info.map(|info| info.0)
}

/// A caller that may push and administer. Nobody else can make one.
#[derive(Clone, Copy, Debug)]
pub struct Admin(());

#[cfg(test)]
mod tests;
