//! ID tokens: what an issuer says about who has signed in (OpenID Connect Core 1.0, section 3.1.3.7).

use serde_json::{Map, Value};
use subtle::ConstantTimeEq;

use super::{
    InvalidToken,
    claims::{check_audience, check_issuer, date, text, valid_until},
    compact::Compact,
    json, now,
    rules::Rules,
};
use crate::config::{Algorithm, TokenKey};

/// By how many seconds the clock of the issuer may differ.
const LEEWAY: u64 = 60;

/// The longest subject, in bytes (section 2).
const MAX_SUBJECT: usize = 255;

/// What an ID token must say.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The issuer.
    pub issuer: &'a str,
    /// The client id of this server.
    pub client_id: &'a str,
    /// The random text that the issuer was asked with.
    pub nonce: &'a str,
}

/// Why an ID token is not valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIdToken {
    /// It has expired (`exp`).
    #[error("it has expired, or the clock of this server is wrong")]
    Expired,
    /// It is not valid yet (`nbf`), or was issued in the future (`iat`).
    #[error("it is not valid yet, or the clock of this server is wrong")]
    Early,
    /// None of the keys of the issuer has signed it.
    #[error("none of the keys of the issuer has signed it")]
    Signature,
    /// It is not signed, or not with a public key.
    #[error("it is signed in a way (alg) that no key of the issuer allows")]
    Algorithm,
    /// It names a key that is not known. It may have been published since.
    #[error("it is signed with a key (kid) that the issuer does not publish")]
    UnknownKey,
    /// It is of another issuer.
    #[error("it is of another issuer (iss)")]
    Issuer,
    /// It is for another service.
    #[error("it is for another client (aud or azp)")]
    Audience,
    /// It belongs to another sign-in.
    #[error("it belongs to another sign-in (nonce)")]
    Nonce,
    /// Something it must say is not there.
    #[error("it has no {0}")]
    Missing(&'static str),
    /// It can't be read.
    #[error("it is not a JWT that is understood here")]
    Malformed,
}

impl From<InvalidToken> for InvalidIdToken {
    fn from(why: InvalidToken) -> Self {
        match why {
            InvalidToken::Expired => Self::Expired,
            InvalidToken::Early => Self::Early,
            InvalidToken::Signature => Self::Signature,
            InvalidToken::Algorithm => Self::Algorithm,
            InvalidToken::UnknownKey => Self::UnknownKey,
            InvalidToken::Issuer => Self::Issuer,
            InvalidToken::Audience => Self::Audience,
            InvalidToken::Missing(claim) => Self::Missing(claim),
            InvalidToken::KeyId
            | InvalidToken::Critical
            | InvalidToken::Nested
            | InvalidToken::NotForHub
            | InvalidToken::NoAccessToken
            | InvalidToken::Claim(..)
            | InvalidToken::Malformed => Self::Malformed,
        }
    }
}

/// The claims of a token that one of these keys has signed, if they are valid now. A secret among the keys counts for nothing:
/// whoever can check such a token can also sign it.
pub fn verify(
    token: &str,
    keys: &[TokenKey],
    expected: Expected<'_>,
) -> Result<Map<String, Value>, InvalidIdToken> {
    let token = Compact::parse(token)?;
    if matches!(token.algorithm, Algorithm::Hs(_)) {
        return Err(InvalidIdToken::Algorithm);
    }
    let public = keys.iter().filter(|key| key.is_public());
    if token.signer(public.clone().map(|key| (key, ()))).is_none() {
        return Err(match token.names_one_of(public.clone()) {
            false => InvalidIdToken::UnknownKey,
            true => token.why_none_of(public).into(),
        });
    }
    let claims = json::object(&token.payload).ok_or(InvalidIdToken::Malformed)?;
    check(&claims, expected, now())?;
    Ok(claims)
}

fn check(
    claims: &Map<String, Value>,
    expected: Expected<'_>,
    now: u64,
) -> Result<(), InvalidIdToken> {
    let rules = Rules {
        issuers: vec![expected.issuer.to_owned()],
        audiences: vec![expected.client_id.to_owned()],
        leeway: LEEWAY,
        ..Rules::default()
    };
    valid_until(claims, rules.leeway, now)?.ok_or(InvalidToken::Missing("exp"))?;
    check_issuer(claims, &rules)?;
    check_audience(claims, &rules)?;
    // A token for several services says which one asked for it.
    let several = matches!(claims.get("aud"), Some(Value::Array(all)) if all.len() > 1);
    match text(claims, "azp")? {
        Some(party) if party != expected.client_id => return Err(InvalidIdToken::Audience),
        None if several => return Err(InvalidIdToken::Missing("azp")),
        _ => {}
    }
    let issued_at = date(claims, "iat")?.ok_or(InvalidIdToken::Missing("iat"))?;
    if issued_at > (now + LEEWAY) as f64 {
        return Err(InvalidIdToken::Early);
    }
    let nonce = text(claims, "nonce")?.ok_or(InvalidIdToken::Missing("nonce"))?;
    if !bool::from(nonce.as_bytes().ct_eq(expected.nonce.as_bytes())) {
        return Err(InvalidIdToken::Nonce);
    }
    match text(claims, "sub")? {
        Some(subject) if (1..=MAX_SUBJECT).contains(&subject.len()) => Ok(()),
        Some(_) => Err(InvalidIdToken::Malformed),
        None => Err(InvalidIdToken::Missing("sub")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const EXPECTED: Expected<'static> = Expected {
        issuer: "https://a.example",
        client_id: "tidings",
        nonce: "n-1",
    };

    /// Good claims at the time 1000, changed by these.
    fn checked(changes: &Value) -> Result<(), InvalidIdToken> {
        let mut claims = json!({
            "iss": "https://a.example", "aud": "tidings", "sub": "7", "nonce": "n-1", "iat": 990, "exp": 1300,
        });
        let claims = claims.as_object_mut().expect("an object");
        for (name, value) in changes.as_object().expect("an object") {
            match value {
                Value::Null => drop(claims.remove(name)),
                value => drop(claims.insert(name.clone(), value.clone())),
            }
        }
        check(claims, EXPECTED, 1000)
    }

    #[test]
    fn a_token_for_this_sign_in_is_good() {
        for good in [
            json!({}),
            json!({"aud": ["tidings"]}),
            json!({"aud": ["other", "tidings"], "azp": "tidings"}),
            json!({"iat": 1059, "nbf": 1059}),
            json!({"exp": 941}),
        ] {
            assert_eq!(checked(&good), Ok(()), "{good}");
        }
    }

    #[test]
    fn every_claim_is_checked() {
        use InvalidIdToken as Invalid;
        for (bad, why) in [
            (json!({"iss": "https://a.example/"}), Invalid::Issuer),
            (json!({"iss": null}), Invalid::Missing("iss")),
            (json!({"aud": "other"}), Invalid::Audience),
            (json!({"aud": null}), Invalid::Missing("aud")),
            (
                json!({"aud": ["tidings", "other"]}),
                Invalid::Missing("azp"),
            ),
            (
                json!({"aud": ["tidings", "other"], "azp": "other"}),
                Invalid::Audience,
            ),
            (json!({"azp": "other"}), Invalid::Audience),
            (json!({"exp": 939}), Invalid::Expired),
            (json!({"exp": null}), Invalid::Missing("exp")),
            (json!({"exp": "1300"}), Invalid::Malformed),
            (json!({"iat": 1061}), Invalid::Early),
            (json!({"iat": null}), Invalid::Missing("iat")),
            (json!({"nbf": 1061}), Invalid::Early),
            (json!({"nonce": "n-2"}), Invalid::Nonce),
            (json!({"nonce": null}), Invalid::Missing("nonce")),
            (json!({"sub": null}), Invalid::Missing("sub")),
            (json!({"sub": ""}), Invalid::Malformed),
            (json!({"sub": "x".repeat(256)}), Invalid::Malformed),
        ] {
            assert_eq!(checked(&bad), Err(why), "{bad}");
        }
    }
}
