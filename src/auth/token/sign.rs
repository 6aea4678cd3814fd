//! Signs stream tokens with the stream secret, for `tidings token`.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::hmac;
use serde_json::json;

use super::now;
use crate::{
    config::Secret,
    message::{ClientId, TopicFilter},
};

/// Signs a token (HS256) for a client that may subscribe to what `topics` cover until `expires_at`, in seconds
/// since 1970.
pub fn sign(
    secret: &Secret,
    client_id: &ClientId,
    topics: &[TopicFilter],
    expires_at: u64,
) -> String {
    let topics: Vec<_> = topics.iter().map(TopicFilter::as_str).collect();
    let header = json!({ "typ": "JWT", "alg": "HS256" });
    let claims = json!({
        "sub": client_id.as_str(),
        "topics": topics,
        "iat": now(),
        "exp": expires_at,
    });
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let header = encode(header.to_string().as_bytes());
    let signed = format!("{header}.{}", encode(claims.to_string().as_bytes()));
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
    let signature = hmac::sign(&key, signed.as_bytes());
    format!("{signed}.{}", encode(signature.as_ref()))
}
