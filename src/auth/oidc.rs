//! Signing in with an account of an OpenID Connect issuer: the authorization code flow (OpenID Connect Core 1.0, section 3.1)
//! with PKCE (RFC 7636).
//!
//! [`Oidc::begin`] sends a browser to the issuer, with an [`Attempt`] in a cookie. [`Oidc::attempt`] finds it again when the issuer
//! sends the browser back, and [`Oidc::finish`] finds out whose account it is.

mod account;
mod attempt;
mod error;
mod exchange;
mod provider;
mod used;

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Semaphore;

pub use account::{Account, NoRole};
pub use attempt::LIFETIME as ATTEMPT_LIFETIME;
pub use error::OidcError;

use super::token::{Expected, find_claim};
use crate::{
    config::{OidcSettings, Settings},
    query::Pairs,
};
use attempt::Attempt;
use error::plain;
use exchange::Tokens;
use provider::{Discovery, Provider};
use used::Used;

/// How many sign-ins may ask the issuer at once. So nobody can have this server send it very many requests.
const AT_ONCE: usize = 32;

/// See the module documentation.
#[derive(Debug)]
pub struct Oidc {
    settings: OidcSettings,
    issuer: String,
    client_id: String,
    discovery: Discovery,
    used: Mutex<Used>,
    permits: Semaphore,
}

/// A sign-in that was begun.
#[derive(Debug)]
pub struct Begun {
    /// Where the browser goes: a page of the issuer.
    pub url: String,
    /// The value of the cookie.
    pub cookie: String,
}

/// A sign-in that the issuer has confirmed.
#[derive(Debug)]
pub struct Confirmed {
    /// Whose account it is.
    pub account: Account,
    /// Where the browser goes: a path of the panel.
    pub to: String,
    /// The sessions that the browser had when it began.
    pub sessions_before: Vec<[u8; 32]>,
}

impl Oidc {
    /// Takes the issuer from the settings, if they name one.
    pub fn new(settings: &Settings) -> Option<Arc<Self>> {
        let settings = &settings.oidc;
        let issuer = settings.oidc_issuer.as_ref()?;
        Some(Arc::new(Self {
            issuer: issuer.as_str().to_owned(),
            client_id: settings.oidc_client_id.clone()?,
            discovery: Discovery::new(issuer.clone()),
            settings: settings.clone(),
            used: Mutex::default(),
            permits: Semaphore::new(AT_ONCE),
        }))
    }

    /// The issuer, exactly as it names itself.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The name of the issuer, for people.
    pub fn name(&self) -> &str {
        let issuer = self.settings.oidc_issuer.as_ref();
        let host = issuer.map_or("", |issuer| issuer.host());
        self.settings.oidc_name.as_deref().unwrap_or(host)
    }

    /// Begins a sign-in. `key` is a secret of this server, and `callback` the URL that the issuer sends the browser back to. `now`
    /// is in milliseconds since 1970.
    pub async fn begin(
        &self,
        key: &[u8],
        callback: &str,
        to: &str,
        sessions_before: &[[u8; 32]],
        now: u64,
    ) -> Result<Begun, OidcError> {
        let provider = self.provider().await?;
        let attempt = Attempt::begin(now, to, sessions_before)?;
        let (state, nonce) = (attempt.state(key), attempt.nonce(key));
        let challenge = attempt.challenge(key);
        let query = [
            ("response_type", "code"),
            ("client_id", self.client_id.as_str()),
            ("redirect_uri", callback),
            ("scope", self.settings.oidc_scope.as_str()),
            ("state", state.as_str()),
            ("nonce", nonce.as_str()),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        Ok(Begun {
            url: provider.authorization_url(&query),
            cookie: attempt.cookie().to_owned(),
        })
    }

    /// The sign-in that this browser has begun and comes back from. It counts once. `cookies` are those of sign-ins.
    pub fn attempt<'c>(
        &self,
        key: &[u8],
        query: &Pairs,
        cookies: impl Iterator<Item = &'c str>,
        now: u64,
    ) -> Result<Attempt, OidcError> {
        let state = query.get("state").unwrap_or_default();
        let mut attempts = cookies.filter_map(Attempt::parse);
        let attempt = attempts.find(|attempt| attempt.has_state(key, state));
        let attempt = attempt.filter(|attempt| attempt.ends_at > now);
        let attempt = attempt.ok_or(OidcError::NotBegun)?;
        match self.used.lock().insert(state, attempt.ends_at, now) {
            true => Ok(attempt),
            false => Err(OidcError::Used),
        }
    }

    /// Finishes a sign-in with what the issuer sent back.
    pub async fn finish(
        &self,
        key: &[u8],
        callback: &str,
        query: &Pairs,
        attempt: Attempt,
    ) -> Result<Confirmed, OidcError> {
        if let Some(error) = query.get("error") {
            return Err(self.said(error, query.get("error_description")));
        }
        let code = query.get("code").ok_or(OidcError::NoCode)?;
        let Ok(_permit) = self.permits.try_acquire() else {
            return Err(OidcError::Busy);
        };
        let provider = self.provider().await?;
        // Another issuer may have sent the browser here (RFC 9207).
        match query.get("iss") {
            Some(issuer) if issuer != self.issuer => return Err(OidcError::OtherIssuer),
            None if provider.names_itself => return Err(OidcError::OtherIssuer),
            _ => {}
        }
        let secret = self.settings.oidc_client_secret.as_ref();
        let client = (self.client_id.as_str(), secret);
        let verifier = attempt.verifier(key);
        let tokens = exchange::redeem(&provider, client, code, &verifier, callback).await?;
        let account = self
            .account(&provider, &tokens, &attempt.nonce(key))
            .await?;
        Ok(Confirmed {
            account,
            to: attempt.to,
            sessions_before: attempt.sessions_before,
        })
    }

    async fn account(
        &self,
        provider: &Provider,
        tokens: &Tokens,
        nonce: &str,
    ) -> Result<Account, OidcError> {
        let expected = Expected {
            issuer: &self.issuer,
            client_id: &self.client_id,
            nonce,
        };
        let mut claims = provider.verify(&tokens.id_token, expected).await?;
        // Some issuers do not put all claims into the ID token.
        if find_claim(&claims, &self.settings.oidc_claim).is_none() {
            let further = exchange::user_info(provider, tokens, &claims).await?;
            for (name, value) in further {
                claims.entry(name).or_insert(value);
            }
        }
        Ok(Account::of(&self.settings, &self.issuer, &claims))
    }

    async fn provider(&self) -> Result<Arc<Provider>, OidcError> {
        let provider = self.discovery.provider().await;
        provider.map_err(OidcError::Unavailable)
    }

    /// The issuer sent the browser back with an error (RFC 6749, section 4.1.2.1).
    fn said(&self, error: &str, description: Option<&str>) -> OidcError {
        match (error, description) {
            ("temporarily_unavailable" | "server_error", _) => {
                OidcError::Unavailable(format!("it answers {error}"))
            }
            ("access_denied", None) => {
                OidcError::Denied("the sign-in was refused there".to_owned())
            }
            (error, None) => OidcError::Denied(plain(error)),
            (error, Some(description)) => {
                OidcError::Denied(format!("{} ({})", plain(description), plain(error)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = b"a secret of the server";

    fn oidc() -> Arc<Oidc> {
        let flags = [
            "--admin-token",
            "0123456789abcdef",
            "--oidc-issuer",
            "https://accounts.example:8443/realms/shop",
            "--oidc-client-id",
            "tidings",
            "--oidc-role",
            "ops=admin",
        ];
        let settings = Settings::from_flags(flags).expect("settings");
        Oidc::new(&settings).expect("an issuer")
    }

    #[test]
    fn a_sign_in_can_be_finished_for_ten_minutes_and_once() {
        let (oidc, began) = (oidc(), 1_000);
        let attempt = Attempt::begin(began, "/admin", &[]).expect("random bits");
        let query = format!("state={}", attempt.state(KEY));
        let query = Pairs::parse(query.as_bytes());
        let cookies = ["", "another", attempt.cookie()];
        let at = |now| {
            let found = oidc.attempt(KEY, &query, cookies.into_iter(), now);
            found.map(|found| found.to)
        };
        let end = began + 600_000;
        assert_eq!(at(end), Err(OidcError::NotBegun));
        assert_eq!(at(end - 1), Ok("/admin".to_owned()));
        assert_eq!(at(end - 1), Err(OidcError::Used));
    }

    #[test]
    fn an_issuer_without_a_name_is_called_by_its_host() {
        assert_eq!(oidc().name(), "accounts.example:8443");
    }
}
