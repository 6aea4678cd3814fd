//! Digests of secrets, so that comparing them takes no longer for a good guess than for a bad one.

use sha2::{Digest, Sha256};

/// The SHA-256 digest of a secret.
pub(super) fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}
