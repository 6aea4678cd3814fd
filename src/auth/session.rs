//! Sessions of people who signed in to the panel.
//!
//! A session is a random id whose hash is in the log, not a signed value. So signing out ends it for every copy of the
//! cookie and at every node of a cluster, and the cookie reveals nothing about the token.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// How long a session lasts: 12 hours.
pub const LIFETIME: Duration = Duration::from_secs(12 * 60 * 60);

/// A session that is to be opened.
pub struct NewSession {
    /// Its id, for the cookie: 256 random bits.
    pub id: String,
    /// What the log has of it.
    pub digest: [u8; 32],
}

impl NewSession {
    /// A session with a random id, opened with the admin token that has this digest.
    pub(super) fn random(token: &[u8; 32]) -> Result<Self, getrandom::Error> {
        let mut bits = [0; 32];
        getrandom::fill(&mut bits)?;
        let id = URL_SAFE_NO_PAD.encode(bits);
        let digest = session_digest(token, &id);
        Ok(Self { id, digest })
    }
}

/// The hash of a session's id and of the admin token: when the token changes, no session is open any more.
pub(super) fn session_digest(token: &[u8; 32], id: &str) -> [u8; 32] {
    let hash = Sha256::new_with_prefix(token);
    hash.chain_update(id).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_belongs_to_the_token_that_opened_it() {
        let session = NewSession::random(&[1; 32]).expect("random bits");
        assert_eq!(session.id.len(), 43);
        assert_eq!(session_digest(&[1; 32], &session.id), session.digest);
        assert_ne!(session_digest(&[2; 32], &session.id), session.digest);
    }
}
