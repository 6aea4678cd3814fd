//! Signatures, checked by the library that does TLS.

use ring::{
    hmac,
    signature::{self as ring_signature, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey},
};

use crate::config::{Algorithm, Bits, KeyMaterial, TokenKey};

/// Whether `message` was signed with this key in this way. False if the key does not allow the algorithm.
pub fn is_right(key: &TokenKey, algorithm: Algorithm, message: &str, signature: &[u8]) -> bool {
    if !key.allows(algorithm) {
        return false;
    }
    let message = message.as_bytes();
    let by = |algorithm, point: &[u8]| {
        let key = UnparsedPublicKey::new(algorithm, point);
        key.verify(message, signature).is_ok()
    };
    match (&key.material, algorithm) {
        (KeyMaterial::Secret(secret), Algorithm::Hs(bits)) => {
            let key = hmac::Key::new(hmac_with(bits), secret);
            hmac::verify(&key, message, signature).is_ok()
        }
        (KeyMaterial::Rsa { n, e }, Algorithm::Rs(bits)) => {
            let key = RsaPublicKeyComponents { n, e };
            key.verify(pkcs1_with(bits), message, signature).is_ok()
        }
        (KeyMaterial::Rsa { n, e }, Algorithm::Ps(bits)) => {
            let key = RsaPublicKeyComponents { n, e };
            key.verify(pss_with(bits), message, signature).is_ok()
        }
        (KeyMaterial::P256(point), _) => by(&ring_signature::ECDSA_P256_SHA256_FIXED, point),
        (KeyMaterial::P384(point), _) => by(&ring_signature::ECDSA_P384_SHA384_FIXED, point),
        (KeyMaterial::Ed25519(point), _) => by(&ring_signature::ED25519, point),
        _ => false,
    }
}

/// HMAC with a digest of so many bits.
pub(super) fn hmac_with(bits: Bits) -> hmac::Algorithm {
    match bits {
        Bits::B256 => hmac::HMAC_SHA256,
        Bits::B384 => hmac::HMAC_SHA384,
        Bits::B512 => hmac::HMAC_SHA512,
    }
}

fn pkcs1_with(bits: Bits) -> &'static RsaParameters {
    match bits {
        Bits::B256 => &ring_signature::RSA_PKCS1_2048_8192_SHA256,
        Bits::B384 => &ring_signature::RSA_PKCS1_2048_8192_SHA384,
        Bits::B512 => &ring_signature::RSA_PKCS1_2048_8192_SHA512,
    }
}

fn pss_with(bits: Bits) -> &'static RsaParameters {
    match bits {
        Bits::B256 => &ring_signature::RSA_PSS_2048_8192_SHA256,
        Bits::B384 => &ring_signature::RSA_PSS_2048_8192_SHA384,
        Bits::B512 => &ring_signature::RSA_PSS_2048_8192_SHA512,
    }
}
