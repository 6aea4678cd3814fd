//! Keys in JSON (RFC 7517): one (JWK), or a set of them (JWKS).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::Value;

use super::{
    algorithm::Algorithm,
    key::{InvalidKey, KeyMaterial, TokenKey},
};

/// The most keys of one set.
const MAX_KEYS: usize = 64;

/// What is read of a key.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
    k: Option<String>,
    /// Only a private key has it.
    d: Option<serde::de::IgnoredAny>,
}

/// The keys of a file. A set may have keys for other purposes; a key that is meant for tokens must be right.
pub fn keys(text: &str) -> Result<Vec<TokenKey>, InvalidKey> {
    let mut document: Value = serde_json::from_str(text).map_err(malformed)?;
    let jwks: Vec<Jwk> = match document.get_mut("keys") {
        Some(keys) => serde_json::from_value(keys.take()),
        None => serde_json::from_value(document).map(|jwk| vec![jwk]),
    }
    .map_err(malformed)?;
    let keys = jwks.into_iter().filter_map(|jwk| jwk.key().transpose());
    let keys = keys.collect::<Result<Vec<_>, _>>()?;
    check_number(keys)
}

/// The keys that an issuer publishes. Whatever is of no use here is left out, because it must not make the others useless:
/// keys of other types or for other purposes, and keys that are wrong. Secrets are never taken: everybody can read them.
pub fn published_keys(text: &[u8]) -> Result<Vec<TokenKey>, InvalidKey> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<Value>,
    }
    let set: Set = serde_json::from_slice(text).map_err(malformed)?;
    let keys = set.keys.into_iter().filter_map(|key| {
        let jwk: Jwk = serde_json::from_value(key).ok()?;
        jwk.key().ok()?.filter(TokenKey::is_public)
    });
    check_number(keys.collect())
}

fn check_number(keys: Vec<TokenKey>) -> Result<Vec<TokenKey>, InvalidKey> {
    let wrong = |text: String| Err(InvalidKey::Malformed(text));
    match keys.len() {
        0 => wrong("there is no key in it that can check signatures".to_owned()),
        1..=MAX_KEYS => Ok(keys),
        more => wrong(format!("{more} keys are over the limit of {MAX_KEYS}")),
    }
}

impl Jwk {
    /// The key. None if it is for something else than signatures, or of a type that is not known.
    fn key(self) -> Result<Option<TokenKey>, InvalidKey> {
        let encrypts = self.usage.as_ref().is_some_and(|usage| usage != "sig");
        let verifies = |ops: &Vec<String>| ops.iter().any(|op| op == "verify");
        if encrypts || self.key_ops.as_ref().is_some_and(|ops| !verifies(ops)) {
            return Ok(None);
        }
        let algorithm = self.alg.as_deref().map(Algorithm::parse);
        let curve = self.crv.as_deref();
        let material = match (self.kty.as_str(), curve) {
            _ if algorithm == Some(None) => return Ok(None),
            ("RSA" | "EC" | "OKP", _) if self.d.is_some() => return Err(InvalidKey::Private),
            ("RSA", _) => KeyMaterial::Rsa {
                n: number("n", &self.n)?,
                e: number("e", &self.e)?,
            },
            ("EC", Some("P-256")) => KeyMaterial::P256(self.point()?),
            ("EC", Some("P-384")) => KeyMaterial::P384(self.point()?),
            ("OKP", Some("Ed25519")) => KeyMaterial::Ed25519(bytes("x", &self.x)?),
            ("oct", _) => KeyMaterial::Secret(bytes("k", &self.k)?),
            _ => return Ok(None),
        };
        TokenKey::new(self.kid, material, algorithm.flatten()).map(Some)
    }

    fn point(&self) -> Result<Vec<u8>, InvalidKey> {
        Ok([vec![4], bytes("x", &self.x)?, bytes("y", &self.y)?].concat())
    }
}

fn bytes(name: &str, text: &Option<String>) -> Result<Vec<u8>, InvalidKey> {
    let wrong = |why| InvalidKey::Malformed(format!("the {name} of a key {why}"));
    let text = text.as_ref().ok_or_else(|| wrong("is missing"))?;
    let bytes = URL_SAFE_NO_PAD.decode(text);
    bytes.map_err(|_| wrong("is not base64url"))
}

/// A number without leading zeros.
fn number(name: &str, text: &Option<String>) -> Result<Vec<u8>, InvalidKey> {
    let bytes = bytes(name, text)?;
    Ok(bytes.into_iter().skip_while(|byte| *byte == 0).collect())
}

fn malformed(why: serde_json::Error) -> InvalidKey {
    InvalidKey::Malformed(why.to_string())
}
