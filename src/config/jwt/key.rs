//! Keys that check the signatures of tokens.

use std::fmt;

use sha2::{Digest, Sha256};

use super::algorithm::{Algorithm, Bits};

/// Bits of an RSA key: fewer are too weak, more take too long.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// The shortest secret in bytes: the size of a SHA-256 hash (RFC 7518, section 3.2).
const MIN_SECRET: usize = 32;

/// The longest name of a key, in bytes.
pub(super) const MAX_ID: usize = 256;

/// A key that checks the signatures of tokens. It says which algorithms are allowed with it: a token does not choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenKey {
    /// Its name (`kid`). Without a name, it is tried for every token.
    pub id: Option<String>,
    /// The key itself.
    pub material: KeyMaterial,
    /// The only algorithm that its owner allows. None: all that go with its type.
    only: Option<Algorithm>,
}

/// A key, by its type. The numbers are big-endian and begin with no zero.
#[derive(Clone, PartialEq, Eq)]
pub enum KeyMaterial {
    /// A secret for HMAC.
    Secret(Vec<u8>),
    /// An RSA key.
    Rsa {
        /// The modulus.
        n: Vec<u8>,
        /// The exponent.
        e: Vec<u8>,
    },
    /// A point of P-256: 4 and both coordinates.
    P256(Vec<u8>),
    /// A point of P-384: 4 and both coordinates.
    P384(Vec<u8>),
    /// A point of Ed25519.
    Ed25519(Vec<u8>),
}

impl TokenKey {
    /// A key that is long enough and has the form that its type requires.
    pub fn new(
        id: Option<String>,
        material: KeyMaterial,
        only: Option<Algorithm>,
    ) -> Result<Self, InvalidKey> {
        if id.as_ref().is_some_and(|id| id.len() > MAX_ID) {
            return Err(InvalidKey::LongId);
        }
        match &material {
            KeyMaterial::Secret(secret) if secret.len() < MIN_SECRET => {
                return Err(InvalidKey::ShortSecret);
            }
            KeyMaterial::Rsa { n, .. } if !RSA_BITS.contains(&bits(n)) => {
                return Err(InvalidKey::RsaBits(bits(n)));
            }
            KeyMaterial::P256(point) => check_point(point, 65)?,
            KeyMaterial::P384(point) => check_point(point, 97)?,
            KeyMaterial::Ed25519(point) if point.len() != 32 => return Err(InvalidKey::Point),
            KeyMaterial::Secret(_) | KeyMaterial::Rsa { .. } | KeyMaterial::Ed25519(_) => {}
        }
        let key = Self { id, material, only };
        match only {
            Some(only) if !key.allows(only) => Err(InvalidKey::OtherAlgorithm),
            _ => Ok(key),
        }
    }

    /// A secret without a name.
    pub fn of_secret(secret: &[u8]) -> Result<Self, InvalidKey> {
        Self::new(None, KeyMaterial::Secret(secret.to_vec()), None)
    }

    /// The stream secret, which was checked before.
    pub fn secret(secret: &[u8]) -> Self {
        Self {
            id: None,
            material: KeyMaterial::Secret(secret.to_vec()),
            only: None,
        }
    }

    /// Whether a token that is signed in this way can be signed with this key. A secret must be as long as the digest.
    pub fn allows(&self, algorithm: Algorithm) -> bool {
        let by_type = match (&self.material, algorithm) {
            (KeyMaterial::Secret(secret), Algorithm::Hs(bits)) => match bits {
                Bits::B256 => true,
                Bits::B384 => secret.len() >= 48,
                Bits::B512 => secret.len() >= 64,
            },
            (KeyMaterial::Rsa { .. }, Algorithm::Rs(_) | Algorithm::Ps(_))
            | (KeyMaterial::P256(_), Algorithm::Es256)
            | (KeyMaterial::P384(_), Algorithm::Es384)
            | (KeyMaterial::Ed25519(_), Algorithm::EdDsa) => true,
            _ => false,
        };
        by_type && self.only.is_none_or(|only| only == algorithm)
    }

    /// Its name and a digest of it (SHA-256), to compare it with others.
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        let (kind, parts): (u8, [&[u8]; 2]) = match &self.material {
            KeyMaterial::Secret(secret) => (0, [secret, &[]]),
            KeyMaterial::Rsa { n, e } => (1, [n, e]),
            KeyMaterial::P256(point) => (2, [point, &[]]),
            KeyMaterial::P384(point) => (3, [point, &[]]),
            KeyMaterial::Ed25519(point) => (4, [point, &[]]),
        };
        hash.update([kind]);
        parts.iter().for_each(|part| hash.update(part));
        format!("{:?} {:x}", self.id, hash.finalize())
    }

    /// Whether it is no secret, so that an issuer may publish it.
    pub fn is_public(&self) -> bool {
        !matches!(self.material, KeyMaterial::Secret(_))
    }
}

/// Bits of a number without leading zeros.
fn bits(number: &[u8]) -> usize {
    let unused = number.first().map_or(0, |first| first.leading_zeros());
    8 * number.len() - unused as usize
}

fn check_point(point: &[u8], length: usize) -> Result<(), InvalidKey> {
    match point.first() == Some(&4) && point.len() == length {
        true => Ok(()),
        false => Err(InvalidKey::Point),
    }
}

impl fmt::Debug for KeyMaterial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Secret(_) => "Secret(..)",
            Self::Rsa { .. } => "Rsa(..)",
            Self::P256(_) => "P256(..)",
            Self::P384(_) => "P384(..)",
            Self::Ed25519(_) => "Ed25519(..)",
        })
    }
}

/// Why a key can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// Its name has more than 256 bytes.
    #[error("the kid of a key has more than {MAX_ID} bytes")]
    LongId,
    /// A secret of fewer than 32 bytes.
    #[error("a secret (of a JWK: kty oct) must have {MIN_SECRET} bytes or more")]
    ShortSecret,
    /// An RSA key that is too small or too large.
    #[error("an RSA key must have 2048 to 8192 bits; this one has {0}")]
    RsaBits(usize),
    /// The numbers of an EC key or of an Ed25519 key do not have the right length.
    #[error("the point of an EC or Ed25519 key does not have the length of its curve")]
    Point,
    /// The algorithm that it names is for keys of another type, or for longer secrets.
    #[error("the alg of a key does not go with its type and length")]
    OtherAlgorithm,
    /// A type or a curve that is not known.
    #[error("only RSA, EC P-256, EC P-384 and Ed25519 keys are known")]
    UnknownType,
    /// A private key.
    #[error(
        "this is a private key, which only the issuer should have: `openssl pkey -in FILE -pubout` prints the public key"
    )]
    Private,
    /// A certificate.
    #[error("this is a certificate: `openssl x509 -in FILE -pubkey -noout` prints its public key")]
    Certificate,
    /// It can't be read.
    #[error("{0}")]
    Malformed(String),
}
