//! Why a stream token is not valid.

/// Why a stream token is not valid. It does not say which keys there are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// It has expired (`exp`).
    #[error("the token has expired: get a new one")]
    Expired,
    /// It is not valid yet (`nbf`).
    #[error("the token is not valid yet")]
    Early,
    /// The signature does not match: another key signed it, or it was changed.
    #[error("the token is signed with none of the keys of this server, or was changed")]
    Signature,
    /// Signed in a way that no key allows, or not at all.
    #[error("the token is signed in a way (alg) that no key of this server allows")]
    Algorithm,
    /// It names a key that is not known.
    #[error("the token is signed with a key (kid) that this server does not have")]
    UnknownKey,
    /// The name of its key is no text, or is too long.
    #[error("the kid of the token must be a text of at most 256 bytes")]
    KeyId,
    /// It requires extensions (RFC 7515, section 4.1.11).
    #[error("the token requires extensions (crit), and this server has none")]
    Critical,
    /// There is another token inside it.
    #[error("the token contains something else than claims (cty)")]
    Nested,
    /// Something it must say is not there.
    #[error("the token has no {0}")]
    Missing(&'static str),
    /// It comes from another issuer.
    #[error("the token is of another issuer (iss) than this server allows")]
    Issuer,
    /// It is for another audience, or for none although the server is one (RFC 7519, section 4.1.3).
    #[error("the token is for another audience (aud) than this server: see --jwt-audience")]
    Audience,
    /// It is for another audience than the Mercure hub.
    #[error(
        "the token is not for this hub: its audience (aud) must be --public-url, followed by /.well-known/mercure"
    )]
    NotForHub,
    /// It is no access token, as the Mercure hub needs one.
    #[error("the token is no access token of Mercure 1.0: its type (typ) must be at+jwt")]
    NoAccessToken,
    /// It says something that can't be.
    #[error("the {0} of the token: {1}")]
    Claim(String, String),
    /// It is no JWT at all.
    #[error(
        "the token is not a JWT: three parts in base64url, with JSON objects in the first two in which no name occurs twice"
    )]
    Malformed,
}

impl InvalidToken {
    /// Whether nobody can have signed it who may. A token that was right once is not among them, and neither is one whose
    /// key is not known: the key may have been published a moment ago.
    pub fn is_forged(&self) -> bool {
        match self {
            Self::Signature
            | Self::Algorithm
            | Self::KeyId
            | Self::Critical
            | Self::Nested
            | Self::Malformed => true,
            Self::Expired
            | Self::Early
            | Self::UnknownKey
            | Self::Missing(_)
            | Self::Issuer
            | Self::Audience
            | Self::NotForHub
            | Self::NoAccessToken
            | Self::Claim(..) => false,
        }
    }

    /// The reason in one word, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Early => "not_yet_valid",
            Self::Signature => "bad_signature",
            Self::Algorithm => "bad_algorithm",
            Self::UnknownKey => "unknown_signing_key",
            Self::KeyId => "bad_key_id",
            Self::Critical => "unknown_extension",
            Self::Nested => "nested",
            Self::Missing(_) => "missing_claim",
            Self::Issuer => "wrong_issuer",
            Self::Audience | Self::NotForHub => "wrong_audience",
            Self::NoAccessToken => "wrong_type",
            Self::Claim(..) => "bad_claim",
            Self::Malformed => "malformed",
        }
    }

    /// A claim with a value that can't be.
    pub(super) fn claim(name: &str, why: impl ToString) -> Self {
        Self::Claim(name.to_owned(), why.to_string())
    }
}
