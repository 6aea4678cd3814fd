//! Fuzz target: the keys of issuers. See `src/fuzzing.rs`.

use super::{jwk, key::TokenKey, pem};

/// What an issuer publishes, and what a file with keys has. No secret is taken from what is published.
pub fn issuer_keys(input: &[u8]) {
    if let Ok(keys) = jwk::published_keys(input) {
        assert!(keys.iter().all(TokenKey::is_public));
    }
    if let Ok(text) = str::from_utf8(input) {
        let _ = jwk::keys(text);
        let _ = pem::keys(text);
    }
}
