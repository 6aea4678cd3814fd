//! Stream tokens: JWTs (RFC 7519), signed with HS256, with a client id and the topics that it may subscribe to.

use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode,
    errors::{Error as JwtError, ErrorKind},
};
use serde::{Deserialize, Serialize};

use super::grant::{Grant, TopicsGrant};
use crate::{
    config::Secret,
    message::{ClientId, TopicFilter},
};

/// By how many seconds the clock of the signer may differ from the clock of the server.
const LEEWAY: u64 = 5;

/// The claims of a stream token.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Claims {
    sub: String,
    #[serde(default)]
    topics: Vec<String>,
    /// A `NumericDate`, which may have a fraction.
    exp: f64,
}

/// Signs a token for a client that may subscribe to what `topics` cover until `expires_at`, in seconds
/// since 1970.
pub fn sign(
    secret: &Secret,
    client_id: &ClientId,
    topics: &[TopicFilter],
    expires_at: u64,
) -> Result<String, JwtError> {
    #[derive(Serialize)]
    struct Signed<'a> {
        sub: &'a str,
        topics: Vec<&'a str>,
        exp: u64,
    }
    let claims = Signed {
        sub: client_id.as_str(),
        topics: topics.iter().map(TopicFilter::as_str).collect(),
        exp: expires_at,
    };
    let key = EncodingKey::from_secret(secret.expose().as_bytes());
    encode(&Header::new(Algorithm::HS256), &claims, &key)
}

/// Whether a text has the form of a JWT, valid or not. The admin token does not have it.
pub fn is_jwt(text: &str) -> bool {
    decode_header(text).is_ok()
}

/// Checks stream tokens.
pub struct StreamKey {
    key: DecodingKey,
    validation: Validation,
}

impl StreamKey {
    /// Takes the key that tokens must be signed with.
    pub fn new(secret: &Secret) -> Self {
        // Only HS256: the token must not choose the algorithm.
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = LEEWAY;
        validation.validate_nbf = true;
        validation.set_required_spec_claims(&["exp", "sub"]);
        Self {
            key: DecodingKey::from_secret(secret.expose().as_bytes()),
            validation,
        }
    }

    /// The grant of a token, if it is valid now.
    pub fn verify(&self, token: &str) -> Result<Grant, InvalidToken> {
        let claims = decode::<Claims>(token, &self.key, &self.validation)?.claims;
        let client_id = ClientId::parse(&claims.sub)
            .map_err(|why| InvalidToken::Claim("sub", why.to_string()))?;
        let topics = claims.topics.iter().map(|topic| TopicFilter::parse(topic));
        let topics = topics
            .collect::<Result<_, _>>()
            .map_err(|why| InvalidToken::Claim("topics", why.to_string()))?;
        Ok(Grant {
            client_id: Some(client_id),
            topics: TopicsGrant::Only(topics),
            // The cast cuts off fractions and saturates.
            expires_at: Some(claims.exp as u64),
            admin: false,
        })
    }
}

impl std::fmt::Debug for StreamKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StreamKey(..)")
    }
}

/// Why a stream token is not valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// It has expired (`exp`).
    #[error("the stream token has expired: get a new one")]
    Expired,
    /// It is not valid yet (`nbf`).
    #[error("the stream token is not valid yet")]
    Early,
    /// The signature does not match: another key signed it, or it was changed.
    #[error("the stream token is not signed with this server's stream secret")]
    Signature,
    /// Signed in another way, or not at all.
    #[error("the stream token must be signed with HS256")]
    Algorithm,
    /// Something it must say is not there.
    #[error("the stream token has no {0}")]
    Missing(String),
    /// It names an audience, and this server is none (RFC 7519, section 4.1.3).
    #[error("the stream token is for another audience: leave aud out")]
    Audience,
    /// It says something that can't be.
    #[error("the {0} of the stream token: {1}")]
    Claim(&'static str, String),
    /// It is no JWT at all.
    #[error(
        "the stream token is not a JWT with a text sub, a list of texts topics and a number exp"
    )]
    Malformed,
}

impl From<JwtError> for InvalidToken {
    fn from(error: JwtError) -> Self {
        match error.kind() {
            ErrorKind::ExpiredSignature => Self::Expired,
            ErrorKind::ImmatureSignature => Self::Early,
            ErrorKind::InvalidSignature => Self::Signature,
            ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName => Self::Algorithm,
            ErrorKind::MissingRequiredClaim(claim) => Self::Missing(claim.clone()),
            ErrorKind::InvalidAudience => Self::Audience,
            _ => Self::Malformed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonwebtoken::get_current_timestamp;
    use serde_json::{Value, json};

    fn secret() -> Secret {
        Secret::from("k".repeat(32))
    }

    fn signed(claims: &Value, algorithm: Algorithm, key: &str) -> String {
        let key = EncodingKey::from_secret(key.as_bytes());
        encode(&Header::new(algorithm), claims, &key).expect("a token")
    }

    fn verify(claims: &Value) -> Result<Grant, InvalidToken> {
        let token = signed(claims, Algorithm::HS256, secret().expose());
        StreamKey::new(&secret()).verify(&token)
    }

    fn later() -> u64 {
        get_current_timestamp() + 60
    }

    #[test]
    fn a_token_grants_its_client_and_topics() {
        let client = ClientId::parse("a").expect("an id");
        let topics = [TopicFilter::parse("orders/**").expect("a filter")];
        let until = later();
        let token = sign(&secret(), &client, &topics, until).expect("a token");
        assert!(is_jwt(&token));
        let expected = Grant {
            client_id: Some(client),
            topics: TopicsGrant::Only(topics.into()),
            expires_at: Some(until),
            admin: false,
        };
        assert_eq!(StreamKey::new(&secret()).verify(&token), Ok(expected));
    }

    #[test]
    fn a_token_must_have_a_client_and_an_expiry() {
        let missing = |name: &str| Err(InvalidToken::Missing(name.to_owned()));
        let no_sub = verify(&json!({ "exp": later() }));
        assert!(no_sub == missing("sub") || no_sub == Err(InvalidToken::Malformed));
        let no_exp = verify(&json!({ "sub": "a" }));
        assert!(no_exp == missing("exp") || no_exp == Err(InvalidToken::Malformed));
        assert_eq!(
            verify(&json!({ "sub": "a", "exp": get_current_timestamp() - 60 })),
            Err(InvalidToken::Expired)
        );
        assert_eq!(
            verify(&json!({ "sub": "a", "exp": later(), "nbf": later() })),
            Err(InvalidToken::Early)
        );
    }

    #[test]
    fn invalid_claims_are_refused() {
        let sub = verify(&json!({ "sub": "a b", "exp": later() }));
        assert!(matches!(sub, Err(InvalidToken::Claim("sub", _))));
        let topics = verify(&json!({ "sub": "a", "exp": later(), "topics": ["**/a"] }));
        assert!(matches!(topics, Err(InvalidToken::Claim("topics", _))));
        let text = verify(&json!({ "sub": "a", "exp": later(), "topics": "a" }));
        assert_eq!(text, Err(InvalidToken::Malformed));
        let aud = verify(&json!({ "sub": "a", "exp": later(), "aud": "others" }));
        assert_eq!(aud, Err(InvalidToken::Audience));
    }

    #[test]
    fn only_hs256_with_the_right_key_is_accepted() {
        let claims = json!({ "sub": "a", "exp": later() });
        let key = StreamKey::new(&secret());
        let forged = signed(&claims, Algorithm::HS256, &"x".repeat(32));
        assert_eq!(key.verify(&forged), Err(InvalidToken::Signature));
        let other = signed(&claims, Algorithm::HS512, secret().expose());
        assert_eq!(key.verify(&other), Err(InvalidToken::Algorithm));
        // {"alg":"none","typ":"JWT"}.{"sub":"a","exp":99999999999}.
        let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJhIiwiZXhwIjo5OTk5OTk5OTk5OX0.";
        assert!(key.verify(none).is_err());
        for text in ["", "a", "a.b.c", ".."] {
            assert_eq!(key.verify(text), Err(InvalidToken::Malformed), "{text:?}");
        }
    }

    #[test]
    fn a_huge_expiry_is_accepted() {
        for exp in [
            json!(1e300),
            json!(u64::MAX),
            json!(-1),
            json!("soon"),
            json!(null),
        ] {
            let _ = verify(&json!({ "sub": "a", "exp": exp }));
        }
        let fraction = verify(&json!({ "sub": "a", "exp": later() as f64 + 0.5 }));
        assert!(fraction.is_ok_and(|grant| grant.expires_at.is_some()));
    }
}
