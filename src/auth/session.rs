//! Sessions of people who signed in to the panel.
//!
//! A session is a random id that is stored in memory, not a signed value. So signing out ends it for every copy of the
//! cookie, and the cookie reveals nothing about the token. After a restart people have to sign in again.

use std::{
    collections::HashMap,
    fmt,
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use parking_lot::Mutex;

use super::digest::digest;

/// The cookie that holds the id of a session.
pub const COOKIE: &str = "tidings_session";

/// How long a session lasts: 12 hours.
pub const LIFETIME: Duration = Duration::from_secs(12 * 60 * 60);

/// The maximum number of sessions. When there are more, the oldest ends.
const MAX_SESSIONS: usize = 1000;

/// Open sessions: the digest of each id with the time at which it ends. Looking up a digest takes the same time for
/// every guess.
#[derive(Default)]
pub struct Sessions(Mutex<HashMap<[u8; 32], Instant>>);

impl Sessions {
    /// Opens a session and returns its id: 256 random bits.
    pub(super) fn open(&self, now: Instant) -> Result<String, getrandom::Error> {
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
    pub(super) fn is_open(&self, id: &str, now: Instant) -> bool {
        let sessions = self.0.lock();
        sessions.get(&digest(id)).is_some_and(|ends| *ends > now)
    }

    pub(super) fn close(&self, id: &str) {
        self.0.lock().remove(&digest(id));
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_when_it_is_closed_or_expires() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        let id = sessions.open(now).expect("random bits");
        assert_eq!(id.len(), 43);
        assert!(sessions.is_open(&id, now) && !sessions.is_open("", now));
        assert!(!sessions.is_open(&id, now + LIFETIME));
        sessions.close(&id);
        assert!(!sessions.is_open(&id, now));
    }

    #[test]
    fn the_oldest_session_ends_if_there_are_too_many() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        let first = sessions.open(now).expect("random bits");
        let later = now + Duration::from_secs(1);
        let ids: Vec<_> = (0..MAX_SESSIONS).map(|_| sessions.open(later)).collect();
        assert!(!sessions.is_open(&first, later));
        assert!(ids.iter().flatten().all(|id| sessions.is_open(id, later)));
        assert_eq!(sessions.0.lock().len(), MAX_SESSIONS);
    }
}
