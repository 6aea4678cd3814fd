//! The secrets of a hook, and the signatures that they make, as Standard Webhooks have them.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::{
    hmac,
    rand::{SecureRandom as _, SystemRandom},
    signature::{Ed25519KeyPair, KeyPair as _},
};
use serde::{Deserialize, Serialize};

/// What a shared secret begins with.
const SHARED: &str = "whsec_";

/// What a private key begins with.
const PRIVATE: &str = "whsk_";

/// What a public key begins with.
const PUBLIC: &str = "whpk_";

/// Bytes of a shared secret: the least and the most.
const SHARED_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// Bytes of a new shared secret, and of the seed of a key.
const BYTES: usize = 32;

/// How a hook signs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecretKind {
    /// HMAC with SHA-256, and a secret that both sides have (`v1`).
    #[default]
    Hmac,
    /// Ed25519: the receiver has only the public key (`v1a`).
    Ed25519,
}

/// A secret that signs.
#[derive(Clone, PartialEq, Eq)]
pub struct HookSecret {
    kind: SecretKind,
    bytes: Vec<u8>,
}

impl std::fmt::Debug for HookSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HookSecret({:?}, ..)", self.kind)
    }
}

/// Why a text is not a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be whsec_ and Base64 of 24 to 64 bytes, or whsk_ and Base64 of the 32 bytes of an Ed25519 key (or of these and its public key)"
)]
pub struct InvalidHookSecret;

impl HookSecret {
    /// A new secret. Fails if the system has no random bits.
    pub fn random(kind: SecretKind) -> Result<Self, ring::error::Unspecified> {
        let mut bytes = vec![0; BYTES];
        SystemRandom::new().fill(&mut bytes)?;
        Ok(Self { kind, bytes })
    }

    /// Parses `whsec_…` or `whsk_…`.
    pub fn parse(text: &str) -> Result<Self, InvalidHookSecret> {
        let decode = |text: &str| STANDARD.decode(text).map_err(|_| InvalidHookSecret);
        if let Some(text) = text.strip_prefix(SHARED) {
            let (kind, bytes) = (SecretKind::Hmac, decode(text)?);
            return match SHARED_BYTES.contains(&bytes.len()) {
                true => Ok(Self { kind, bytes }),
                false => Err(InvalidHookSecret),
            };
        }
        let mut bytes = decode(text.strip_prefix(PRIVATE).ok_or(InvalidHookSecret)?)?;
        let kind = SecretKind::Ed25519;
        if bytes.len() == 2 * BYTES {
            let public = bytes.split_off(BYTES);
            return match key_pair(&bytes) {
                Some(pair) if pair.public_key().as_ref() == public => Ok(Self { kind, bytes }),
                _ => Err(InvalidHookSecret),
            };
        }
        match key_pair(&bytes) {
            Some(_) => Ok(Self { kind, bytes }),
            None => Err(InvalidHookSecret),
        }
    }

    /// The secret as text.
    pub fn text(&self) -> String {
        let prefix = match self.kind {
            SecretKind::Hmac => SHARED,
            SecretKind::Ed25519 => PRIVATE,
        };
        format!("{prefix}{}", STANDARD.encode(&self.bytes))
    }

    /// How it signs.
    pub fn kind(&self) -> SecretKind {
        self.kind
    }

    /// The public key, `whpk_…`. None for a shared secret.
    pub fn public_key(&self) -> Option<String> {
        let pair = match self.kind {
            SecretKind::Hmac => return None,
            SecretKind::Ed25519 => key_pair(&self.bytes)?,
        };
        Some(format!("{PUBLIC}{}", STANDARD.encode(pair.public_key())))
    }

    /// The signature of a message, with its version.
    fn sign(&self, signed: &[u8]) -> Option<String> {
        Some(match self.kind {
            SecretKind::Hmac => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, &self.bytes);
                format!("v1,{}", STANDARD.encode(hmac::sign(&key, signed)))
            }
            SecretKind::Ed25519 => {
                let signature = key_pair(&self.bytes)?.sign(signed);
                format!("v1a,{}", STANDARD.encode(signature))
            }
        })
    }
}

fn key_pair(seed: &[u8]) -> Option<Ed25519KeyPair> {
    Ed25519KeyPair::from_seed_unchecked(seed).ok()
}

/// The secrets of a hook: the one that is shown when it is made, and the one before it for some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookSecrets {
    /// The newest one.
    pub current: HookSecret,
    /// The one before, and until when it signs too, in milliseconds since 1970.
    pub previous: Option<(HookSecret, u64)>,
}

/// The form in the log.
#[derive(Serialize, Deserialize)]
struct Stored {
    current: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<(String, u64)>,
}

impl HookSecrets {
    /// A secret without one before.
    pub fn new(current: HookSecret) -> Self {
        Self {
            current,
            previous: None,
        }
    }

    /// Another secret in place of the newest one, which signs too until a time.
    #[must_use]
    pub fn rotated(self, current: HookSecret, until: u64) -> Self {
        Self {
            current,
            previous: Some((self.current, until)),
        }
    }

    /// Reads what was stored.
    pub fn stored(text: &str) -> Result<Self, InvalidHookSecret> {
        let stored: Stored = serde_json::from_str(text).map_err(|_| InvalidHookSecret)?;
        let previous = stored.previous.map(|(text, until)| {
            let secret = HookSecret::parse(&text)?;
            Ok((secret, until))
        });
        Ok(Self {
            current: HookSecret::parse(&stored.current)?,
            previous: previous.transpose()?,
        })
    }

    /// What is stored.
    pub fn to_stored(&self) -> String {
        let previous = self.previous.as_ref();
        let stored = Stored {
            current: self.current.text(),
            previous: previous.map(|(secret, until)| (secret.text(), *until)),
        };
        // Can't fail: it has only texts.
        serde_json::to_string(&stored).unwrap_or_default()
    }

    /// The field `webhook-signature`: a signature of each secret that signs now (in milliseconds since 1970). `timestamp` is
    /// in seconds.
    pub fn signatures(&self, id: &str, timestamp: u64, body: &[u8], now: u64) -> String {
        let signed = [format!("{id}.{timestamp}.").as_bytes(), body].concat();
        let previous = self.previous.as_ref().filter(|(_, until)| now < *until);
        let secrets = std::iter::once(&self.current).chain(previous.map(|(secret, _)| secret));
        let signatures: Vec<_> = secrets.filter_map(|secret| secret.sign(&signed)).collect();
        signatures.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{ED25519, UnparsedPublicKey};

    #[test]
    fn a_shared_secret_signs_as_the_example_of_the_specification_says() {
        // From the test vectors of the reference libraries.
        let secret = HookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("a secret");
        let signed = HookSecrets::new(secret).signatures(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
            0,
        );
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_key_signs_and_its_public_key_verifies() {
        let secret = HookSecret::random(SecretKind::Ed25519).expect("random bits");
        let public = secret.public_key().expect("a public key");
        let public = STANDARD
            .decode(public.trim_start_matches(PUBLIC))
            .expect("Base64");
        let signed = HookSecrets::new(secret.clone()).signatures("id", 7, b"{}", 0);
        let signature = signed.strip_prefix("v1a,").expect("its version");
        let signature = STANDARD.decode(signature).expect("Base64");
        let key = UnparsedPublicKey::new(&ED25519, public);
        key.verify(b"id.7.{}", &signature).expect("it is right");
        assert!(key.verify(b"id.8.{}", &signature).is_err());
        assert_eq!(HookSecret::parse(&secret.text()), Ok(secret));
    }

    #[test]
    fn two_secrets_sign_while_the_older_one_is_good() {
        let secret = |_| HookSecret::random(SecretKind::Hmac).expect("random bits");
        let (old, new) = (secret(1), secret(2));
        let both = HookSecrets::new(old).rotated(new.clone(), 1000);
        let signed = both.signatures("id", 1, b"x", 999);
        let alone = HookSecrets::new(new).signatures("id", 1, b"x", 999);
        assert_eq!(signed.split(' ').count(), 2);
        assert!(signed.starts_with(&alone));
        assert_eq!(both.signatures("id", 1, b"x", 1000), alone);
        assert_eq!(HookSecrets::stored(&both.to_stored()), Ok(both));
    }

    #[test]
    fn other_texts_are_no_secrets() {
        for bad in [
            "",
            "whsec_",
            "whsec_c2hvcnQ=",
            "whsk_c2hvcnQ=",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_!",
        ] {
            assert_eq!(HookSecret::parse(bad), Err(InvalidHookSecret), "{bad}");
        }
        let secret = HookSecret::random(SecretKind::Hmac).expect("random bits");
        assert!(!format!("{secret:?}").contains(&secret.text()[6..20]));
    }
}
