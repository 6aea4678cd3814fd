//! The algorithms that sign tokens (RFC 7518, section 3.1; RFC 8037).

/// A digest with 256, 384 or 512 bits (SHA-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bits {
    /// SHA-256
    B256,
    /// SHA-384
    B384,
    /// SHA-512
    B512,
}

/// How a token is signed. `none` is not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// HMAC, with a secret.
    Hs(Bits),
    /// RSASSA-PKCS1-v1_5.
    Rs(Bits),
    /// RSASSA-PSS.
    Ps(Bits),
    /// ECDSA with P-256 and SHA-256.
    Es256,
    /// ECDSA with P-384 and SHA-384.
    Es384,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// All of them, by the name that the header of a token has for each.
    const NAMES: [(&str, Self); 13] = [
        ("HS256", Self::Hs(Bits::B256)),
        ("HS384", Self::Hs(Bits::B384)),
        ("HS512", Self::Hs(Bits::B512)),
        ("RS256", Self::Rs(Bits::B256)),
        ("RS384", Self::Rs(Bits::B384)),
        ("RS512", Self::Rs(Bits::B512)),
        ("PS256", Self::Ps(Bits::B256)),
        ("PS384", Self::Ps(Bits::B384)),
        ("PS512", Self::Ps(Bits::B512)),
        ("ES256", Self::Es256),
        ("ES384", Self::Es384),
        ("EdDSA", Self::EdDsa),
        // RFC 9864 has a name for each curve.
        ("Ed25519", Self::EdDsa),
    ];

    /// The algorithm with this name. None if it is unknown or `none`.
    pub fn parse(name: &str) -> Option<Self> {
        let known = Self::NAMES.iter().find(|(known, _)| *known == name);
        known.map(|(_, algorithm)| *algorithm)
    }
}
