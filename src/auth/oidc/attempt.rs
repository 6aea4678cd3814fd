//! A sign-in that a browser has begun, and has not finished yet.
//!
//! All that is known of it is in a cookie, so nobody can fill the memory of the server by beginning many, and any node of a
//! cluster can finish it. `state`, `nonce` and the verifier of PKCE are made from the cookie and a secret of the server. So `state`
//! proves two things: the cookie is one that this server has made, and the answer of the issuer belongs to this browser.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::hmac;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// How long it may take.
pub const LIFETIME: Duration = Duration::from_secs(10 * 60);

/// How many sessions of the browser are remembered. Usually it has none, or one.
const MAX_SESSIONS: usize = 4;

/// See the module documentation.
#[derive(Debug)]
pub struct Attempt {
    /// Random bits, the end, the path, and sessions.
    cookie: String,
    /// When it must be finished, in milliseconds since 1970.
    pub ends_at: u64,
    /// Where the browser goes afterwards: a path of the panel.
    pub to: String,
    /// The sessions that the browser had when it began. Its cookie of a session is not sent with the answer of the issuer, so
    /// they would not be known then.
    pub sessions_before: Vec<[u8; 32]>,
}

impl Attempt {
    /// Begins one now, in milliseconds since 1970.
    pub fn begin(
        now: u64,
        to: &str,
        sessions_before: &[[u8; 32]],
    ) -> Result<Self, getrandom::Error> {
        let mut bits = [0; 32];
        getrandom::fill(&mut bits)?;
        let lifetime = u64::try_from(LIFETIME.as_millis()).unwrap_or(u64::MAX);
        let ends_at = now.saturating_add(lifetime);
        let sessions = &sessions_before[..sessions_before.len().min(MAX_SESSIONS)];
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let cookie = [
            encode(&bits),
            ends_at.to_string(),
            encode(to.as_bytes()),
            encode(&sessions.concat()),
        ];
        Ok(Self {
            cookie: cookie.join("."),
            ends_at,
            to: to.to_owned(),
            sessions_before: sessions.to_vec(),
        })
    }

    /// Reads a cookie. What it says may be forged until [`Attempt::has_state`] says otherwise.
    pub fn parse(cookie: &str) -> Option<Self> {
        let decode = |part| URL_SAFE_NO_PAD.decode(part).ok();
        let mut parts = cookie.split('.').skip(1);
        let ends_at = parts.next()?.parse().ok()?;
        let to = String::from_utf8(decode(parts.next()?)?).ok()?;
        let sessions = decode(parts.next()?)?;
        let (digests, rest) = sessions.as_chunks::<32>();
        (rest.is_empty() && parts.next().is_none()).then(|| Self {
            cookie: cookie.to_owned(),
            ends_at,
            to,
            sessions_before: digests.to_vec(),
        })
    }

    /// The value of its cookie.
    pub fn cookie(&self) -> &str {
        &self.cookie
    }

    /// What the issuer sends back.
    pub fn state(&self, key: &[u8]) -> String {
        self.secret(key, "state")
    }

    /// Whether the issuer has sent back what belongs to this cookie.
    pub fn has_state(&self, key: &[u8], state: &str) -> bool {
        self.state(key).as_bytes().ct_eq(state.as_bytes()).into()
    }

    /// What the ID token must repeat.
    pub fn nonce(&self, key: &[u8]) -> String {
        self.secret(key, "nonce")
    }

    /// What is shown with the code.
    pub fn verifier(&self, key: &[u8]) -> String {
        self.secret(key, "verifier")
    }

    /// The hash of the verifier (RFC 7636, section 4.2).
    pub fn challenge(&self, key: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier(key)))
    }

    /// 43 characters that only this server can tell.
    fn secret(&self, key: &[u8], purpose: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        let message = format!("oidc {purpose} {}", self.cookie);
        URL_SAFE_NO_PAD.encode(hmac::sign(&key, message.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = b"a secret of the server";

    #[test]
    fn a_cookie_says_all_that_is_known() {
        let began = Attempt::begin(1_000, "/admin/keys?a=1", &[[7; 32], [8; 32]]).expect("bits");
        let read = Attempt::parse(began.cookie()).expect("a cookie");
        assert_eq!(
            (read.ends_at, read.to.as_str()),
            (601_000, "/admin/keys?a=1")
        );
        assert_eq!(read.sessions_before, [[7; 32], [8; 32]]);
        assert!(read.has_state(KEY, &began.state(KEY)));
        assert_eq!(read.verifier(KEY).len(), 43);
        let all = [read.state(KEY), read.nonce(KEY), read.verifier(KEY)];
        assert!(all.iter().all(|one| !began.cookie().contains(one)));
        assert!(all[0] != all[1] && all[1] != all[2] && all[0] != all[2]);
    }

    #[test]
    fn another_cookie_or_another_key_has_another_state() {
        let [one, two] =
            [(), ()].map(|()| Attempt::begin(1_000, "/admin", &[]).expect("random bits"));
        assert!(!one.has_state(KEY, &two.state(KEY)));
        assert!(!one.has_state(b"another", &one.state(KEY)));
        assert!(!one.has_state(KEY, ""));
        let forged = one.cookie().replace(".601000.", ".901000.");
        let forged = Attempt::parse(&forged).expect("a cookie");
        assert_eq!(forged.ends_at, 901_000);
        assert!(!forged.has_state(KEY, &one.state(KEY)));
    }

    #[test]
    fn what_is_no_cookie_of_ours_is_not_read() {
        for bad in [
            "",
            "a",
            "a.1",
            "a.1.YQ",
            "a.1.YQ.YQ",
            "a.1.YQ..",
            "a.x.YQ.",
            "a.1.=.",
        ] {
            assert!(Attempt::parse(bad).is_none(), "{bad}");
        }
        assert!(Attempt::parse("a.1.YQ.").is_some());
    }
}
