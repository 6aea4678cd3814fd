//! The form of a token: three parts in base64url with dots between them (RFC 7515, section 3.1).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use super::{InvalidToken, json, signature};
use crate::config::{Algorithm, TokenKey};

/// The longest token, in bytes.
const MAX: usize = 16 * 1024;

/// The longest name of a key that a token may have, in bytes.
const MAX_KID: usize = 256;

/// A token whose signature was not checked yet.
pub struct Compact<'a> {
    /// How it says that it is signed.
    pub algorithm: Algorithm,
    /// Whether its type is that of access tokens (RFC 9068, section 2.1).
    pub is_access_token: bool,
    /// The name of the key, if it has one.
    kid: Option<String>,
    /// What is signed.
    signed: &'a str,
    /// The claims, which are JSON if the token is right.
    pub payload: Vec<u8>,
    signature: Vec<u8>,
}

/// Whether a text has three parts of which the first is a header.
pub fn has_form(text: &str) -> bool {
    split(text).is_some_and(|(header, ..)| header_of(header).is_ok())
}

fn split(token: &str) -> Option<(&str, &str, &str)> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, payload) = signed.split_once('.')?;
    (token.len() <= MAX && !payload.contains('.')).then_some((header, payload, signature))
}

fn decode(part: &str) -> Result<Vec<u8>, InvalidToken> {
    let bytes = URL_SAFE_NO_PAD.decode(part);
    bytes.map_err(|_| InvalidToken::Malformed)
}

fn header_of(part: &str) -> Result<Map<String, Value>, InvalidToken> {
    json::object(&decode(part)?).ok_or(InvalidToken::Malformed)
}

/// A type is compared without `application/` and without regard to case (RFC 7515, section 4.1.9).
fn is_access_token(kind: &str) -> bool {
    let kind = kind.to_ascii_lowercase();
    kind.strip_prefix("application/").unwrap_or(&kind) == "at+jwt"
}

impl<'a> Compact<'a> {
    /// Takes a token apart. Its header must say nothing that is not understood here.
    pub fn parse(token: &'a str) -> Result<Self, InvalidToken> {
        let (header, payload, signature) = split(token).ok_or(InvalidToken::Malformed)?;
        let signed = &token[..header.len() + 1 + payload.len()];
        let header = header_of(header)?;
        // No extension is known, so a token that needs one is refused (RFC 7515, section 4.1.11).
        if header.contains_key("crit") {
            return Err(InvalidToken::Critical);
        }
        // The claims of such a token are another token (RFC 7519, section 5.2).
        if header.contains_key("cty") {
            return Err(InvalidToken::Nested);
        }
        let algorithm = header.get("alg").and_then(Value::as_str);
        let algorithm = algorithm.and_then(Algorithm::parse);
        let kid = match header.get("kid") {
            None => None,
            Some(Value::String(kid)) if kid.len() <= MAX_KID => Some(kid.clone()),
            Some(_) => return Err(InvalidToken::KeyId),
        };
        let kind = header.get("typ").and_then(Value::as_str);
        Ok(Self {
            is_access_token: kind.is_some_and(is_access_token),
            algorithm: algorithm.ok_or(InvalidToken::Algorithm)?,
            kid,
            signed,
            payload: decode(payload)?,
            signature: decode(signature)?,
        })
    }

    /// Whether a key goes with its header: the algorithm is allowed, and the names are not different.
    pub fn may_be_signed_with(&self, key: &TokenKey) -> bool {
        let other = |(kid, id)| kid != id;
        key.allows(self.algorithm) && !self.kid.as_ref().zip(key.id.as_ref()).is_some_and(other)
    }

    /// The first of these keys that has signed it. What comes with the key is returned.
    pub fn signer<'k, T>(&self, keys: impl IntoIterator<Item = (&'k TokenKey, T)>) -> Option<T> {
        let mut fitting = keys
            .into_iter()
            .filter(|(key, _)| self.may_be_signed_with(key));
        let found = fitting.find(|(key, _)| {
            signature::is_right(key, self.algorithm, self.signed, &self.signature)
        });
        found.map(|(_, with)| with)
    }

    /// Why none of these keys has signed it.
    pub fn why_none_of<'k>(
        &self,
        keys: impl Iterator<Item = &'k TokenKey> + Clone,
    ) -> InvalidToken {
        match keys.clone().any(|key| key.allows(self.algorithm)) {
            false => InvalidToken::Algorithm,
            true if !keys.clone().any(|key| self.may_be_signed_with(key)) => {
                InvalidToken::UnknownKey
            }
            true => InvalidToken::Signature,
        }
    }

    /// Whether one of these keys has the name that the token gives, or its algorithm if it gives none.
    pub fn names_one_of<'k>(&self, mut keys: impl Iterator<Item = &'k TokenKey>) -> bool {
        keys.any(|key| match &self.kid {
            Some(kid) => key.id.as_ref().is_none_or(|id| id == kid),
            None => key.allows(self.algorithm),
        })
    }
}
