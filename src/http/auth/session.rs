//! Signing in to the panel: the admin token is traded for a cookie that no script can read.
//!
//! A session is a random id that this process remembers, not a signed value: signing out then ends it for
//! whoever has a copy, and the cookie says nothing of the token. The price is to sign in again after a
//! restart.

use std::{
    collections::HashMap,
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use app::wire::{Problem, Session, SignIn};
use axum::{
    Json,
    extract::{FromRef, State},
    http::{HeaderMap, HeaderValue, header, request::Parts},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use parking_lot::Mutex;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Auth, cookie, digest, same_origin};
use crate::{
    config::Settings,
    http::{Code, Error, body::JsonBody},
};

/// The cookie that holds the id of a session.
pub const COOKIE: &str = "tidings_session";

/// How long a session lasts: a working day.
const LIFETIME: Duration = Duration::from_secs(12 * 60 * 60);

/// Sessions at one time. Past this number the oldest ends.
const MAX_SESSIONS: usize = 1000;

/// Sessions that are open: the digest of each id, so that looking one up takes no longer for a good
/// guess than for a bad one, with the time it ends.
#[derive(Default)]
pub struct Sessions(Mutex<HashMap<[u8; 32], Instant>>);

impl Sessions {
    /// Opens one, and gives its id: 256 random bits.
    fn open(&self, now: Instant) -> Result<String, getrandom::Error> {
        let mut bits = [0; 32];
        getrandom::fill(&mut bits)?;
        let id = URL_SAFE_NO_PAD.encode(bits);
        let mut sessions = self.0.lock();
        sessions.retain(|_, ends| *ends > now);
        if sessions.len() >= MAX_SESSIONS {
            let oldest = sessions.iter().min_by_key(|(_, ends)| **ends);
            if let Some(oldest) = oldest.map(|(id, _)| *id) {
                sessions.remove(&oldest);
            }
        }
        sessions.insert(digest(&id), now + LIFETIME);
        Ok(id)
    }

    /// Whether an id is that of an open session.
    pub fn is_open(&self, id: &str, now: Instant) -> bool {
        let sessions = self.0.lock();
        sessions.get(&digest(id)).is_some_and(|ends| *ends > now)
    }

    fn close(&self, id: &str) {
        self.0.lock().remove(&digest(id));
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions(..)")
    }
}

/// The routes of `/api/session`.
pub fn router<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Arc<Auth>: FromRef<S>,
    Arc<Settings>: FromRef<S>,
{
    OpenApiRouter::new().routes(routes!(session, sign_in, sign_out))
}

/// Ask what one may do
#[utoipa::path(
    get,
    path = "/api/session",
    tag = "session",
    responses(
        (status = 200, body = Session),
        (status = 429, body = Problem, description = "Too many wrong tokens"),
    )
)]
async fn session(State(auth): State<Arc<Auth>>, parts: Parts) -> Result<Answer, Error> {
    match auth.admin(&parts) {
        Ok(_) => Ok(auth.answer(true, None)),
        // A token that may not be tried now is neither right nor wrong.
        Err(error) if error.code() == Code::TooManyTries => Err(error),
        Err(_) => Ok(auth.answer(false, None)),
    }
}

/// Sign in
///
/// Trades the admin token for a cookie that no script can read, and that only this server's own pages send.
#[utoipa::path(
    post,
    path = "/api/session",
    tag = "session",
    request_body = SignIn,
    responses(
        (status = 200, body = Session, description = "Signed in; the cookie holds for 12 hours"),
        (status = 401, body = Problem, description = "Not the admin token"),
        (status = 403, body = Problem, description = "Not from another site"),
        (status = 429, body = Problem, description = "Too many wrong tokens"),
    )
)]
async fn sign_in(
    State(auth): State<Arc<Auth>>,
    parts: Parts,
    JsonBody(SignIn { token }): JsonBody<SignIn>,
) -> Result<Answer, Error> {
    let Some(admin) = &auth.admin else {
        auth.admin(&parts)?;
        return Ok(auth.answer(true, None));
    };
    same_origin::check_origin(&parts, &auth.hosts)?;
    admin
        .check(&token, &parts)
        .map_err(|error| error.field("token"))?;
    let id = admin.sessions.open(Instant::now()).map_err(|error| {
        tracing::error!(%error, "no random bits for a session");
        Error::new(Code::Internal, "the server could not make a session")
    })?;
    Ok(auth.answer(true, Some(set_cookie(&id, LIFETIME, &parts.headers))))
}

/// Sign out
///
/// The session ends, whoever has a copy of its cookie.
#[utoipa::path(
    delete,
    path = "/api/session",
    tag = "session",
    responses(
        (status = 200, body = Session),
        (status = 403, body = Problem, description = "Not from another site"),
    )
)]
async fn sign_out(State(auth): State<Arc<Auth>>, parts: Parts) -> Result<Answer, Error> {
    let Some(admin) = &auth.admin else {
        auth.admin(&parts)?;
        return Ok(auth.answer(true, None));
    };
    same_origin::check_origin(&parts, &auth.hosts)?;
    for id in cookie::values(&parts.headers, COOKIE) {
        admin.sessions.close(id);
    }
    let cookie = set_cookie("", Duration::ZERO, &parts.headers);
    Ok(auth.answer(false, Some(cookie)))
}

type Answer = (HeaderMap, Json<Session>);

impl Auth {
    fn answer(&self, admin: bool, cookie: Option<HeaderValue>) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
        let token_required = self.admin.is_some();
        (
            headers,
            Json(Session {
                admin,
                token_required,
            }),
        )
    }
}

fn set_cookie(id: &str, lifetime: Duration, request: &HeaderMap) -> HeaderValue {
    let secure = if cookie::is_https(request) {
        "; Secure"
    } else {
        ""
    };
    let seconds = lifetime.as_secs();
    let text =
        format!("{COOKIE}={id}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}");
    // The id is base64url, so the value is always one.
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_lasts_until_it_is_closed_or_a_day_is_over() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        let id = sessions.open(now).expect("random bits");
        assert_eq!(id.len(), 43);
        assert!(sessions.is_open(&id, now) && !sessions.is_open("", now));
        assert!(!sessions.is_open(&id, now + LIFETIME));
        sessions.close(&id);
        assert!(!sessions.is_open(&id, now));
    }

    #[test]
    fn of_too_many_sessions_the_oldest_ends() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        let first = sessions.open(now).expect("random bits");
        let later = now + Duration::from_secs(1);
        let ids: Vec<_> = (0..MAX_SESSIONS).map(|_| sessions.open(later)).collect();
        assert!(!sessions.is_open(&first, later));
        assert!(ids.iter().flatten().all(|id| sessions.is_open(id, later)));
        assert_eq!(sessions.0.lock().len(), MAX_SESSIONS);
    }
}
