//! The admin token, and the sessions of people who signed in.

use std::{sync::Arc, time::Instant};

use axum::http::request::Parts;
use subtle::ConstantTimeEq;

use super::{
    attempt_limit::AttemptLimit,
    cookie,
    credentials::remote,
    digest::digest,
    refusal::{Refusal, RefusalKind},
    session::session_digest,
};
use crate::{config::Secret, log::Session};

/// Finds the session with this digest. None if it is not open.
pub type FindSession = Arc<dyn Fn(&[u8; 32]) -> Option<Arc<Session>> + Send + Sync>;

/// The admin token and the sessions. A session ends when the admin token changes, whatever it was opened with.
pub(super) struct AdminToken {
    /// A digest, so that the comparison does not reveal the length of the token.
    pub digest: [u8; 32],
    pub attempts: Arc<AttemptLimit>,
    pub find_session: FindSession,
}

impl AdminToken {
    pub fn new(token: &Secret, find_session: FindSession) -> Self {
        Self {
            digest: digest(token.expose()),
            attempts: Arc::default(),
            find_session,
        }
    }

    /// Checks a token, in constant time.
    pub fn check(&self, token: &str, parts: &Parts) -> Result<(), Refusal> {
        let right = bool::from(digest(token).ct_eq(&self.digest));
        let remote = remote(parts);
        match self.attempts.check(remote, right, Instant::now()) {
            Ok(true) => Ok(()),
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

    /// The open sessions of the cookies of a request that have this name, with their digests.
    pub fn sessions<'a>(
        &'a self,
        parts: &'a Parts,
        cookie: &'static str,
    ) -> impl Iterator<Item = ([u8; 32], Arc<Session>)> + 'a {
        let ids = cookie::values(&parts.headers, cookie);
        let digests = ids.map(|id| session_digest(&self.digest, id));
        digests.filter_map(|digest| Some((digest, (self.find_session)(&digest)?)))
    }
}

impl std::fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AdminToken(..)")
    }
}
