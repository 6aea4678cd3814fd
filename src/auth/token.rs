//! Stream tokens: JWTs (RFC 7519) with a client id and the topics that it may subscribe to.
//!
//! They are signed with the stream secret, or by an issuer whose public keys are known. Each key says which algorithms
//! are allowed with it. The header of a token chooses neither an algorithm nor where a key comes from: `jku`, `jwk`,
//! `x5u` and `x5c` are not read.

mod claims;
mod compact;
mod details;
mod id_token;
mod invalid;
mod json;
mod jwks;
mod jwks_file;
mod mercure;
mod rules;
mod sign;
mod signature;

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

pub use claims::{MAX_TOKEN_ID, find as find_claim};
pub use details::DETAIL_TYPE;
pub use id_token::{Expected, InvalidIdToken, verify as verify_id_token};
pub use invalid::InvalidToken;
pub use jwks::Jwks;
pub use mercure::{MercureClaims, MercureRules};
pub use sign::sign;

use super::Grant;
use crate::config::{Algorithm, Settings, TokenKey};
use compact::Compact;
use rules::Rules;

/// Checks stream tokens.
#[derive(Debug)]
pub struct Tokens {
    /// The stream secret.
    own: Option<TokenKey>,
    own_rules: Rules,
    /// The keys of files.
    keys: Vec<TokenKey>,
    jwks: Option<Arc<Jwks>>,
    rules: Rules,
}

/// Whether a text has the form of a JWT, valid or not. The admin token does not have it.
pub fn is_jwt(text: &str) -> bool {
    compact::has_form(text)
}

impl Tokens {
    /// Takes the keys from the settings. None if streams need no token. `jwks`: the keys of the issuer that were read
    /// before.
    pub fn new(settings: &Settings, jwks: Option<Arc<Jwks>>) -> Option<Self> {
        let (secret, jwt) = (settings.stream_secret.as_ref(), &settings.jwt);
        let of_url = || {
            jwt.jwks_url
                .clone()
                .map(|url| Arc::new(Jwks::new(url, "stream tokens")))
        };
        (secret.is_some() || jwt.are_set()).then(|| Self {
            own: secret.map(|secret| TokenKey::secret(secret.expose().as_bytes())),
            own_rules: Rules::default(),
            keys: jwt.keys.clone(),
            jwks: jwks.or_else(of_url),
            rules: Rules::of(jwt),
        })
    }

    /// The keys that are read from a URL, if there is one.
    pub fn jwks(&self) -> Option<&Arc<Jwks>> {
        self.jwks.as_ref()
    }

    /// The grant of a token, if it is valid now.
    pub fn verify(&self, token: &str) -> Result<Grant, InvalidToken> {
        let token = Compact::parse(token)?;
        let rules = self.signed(&token, self.own.as_ref())?;
        claims::grant(&token.payload, rules, now())
    }

    /// Whether tokens of this issuer are taken, and only those of issuers that are named.
    fn trusts(&self, issuer: &str) -> bool {
        self.rules.issuers.iter().any(|allowed| allowed == issuer)
    }

    /// The rules of the key that has signed a token. `own`: the stream secret, if it may be that.
    fn signed(&self, token: &Compact<'_>, own: Option<&TokenKey>) -> Result<&Rules, InvalidToken> {
        let published = self.jwks.as_ref().map(|jwks| jwks.keys());
        let published = published
            .as_deref()
            .into_iter()
            .flat_map(|keys| keys.iter());
        let secret = own.into_iter().map(|key| (key, &self.own_rules));
        let others = self.keys.iter().chain(published.clone());
        let all = secret.chain(others.map(|key| (key, &self.rules)));
        if let Some(rules) = token.signer(all) {
            return Ok(rules);
        }
        // Another key may have been published meanwhile.
        let is_secret = matches!(token.algorithm, Algorithm::Hs(_));
        if self.jwks.is_some() && !is_secret && !token.names_one_of(published.clone()) {
            return Err(InvalidToken::UnknownKey);
        }
        let keys = own.into_iter().chain(&self.keys).chain(published.clone());
        Err(token.why_none_of(keys))
    }
}

/// Seconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests;
