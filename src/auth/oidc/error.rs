//! Why somebody could not sign in with an account of the issuer.

/// How much of a text of the issuer is shown, in characters.
const SHOWN: usize = 200;

/// See the module documentation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OidcError {
    /// The issuer can't be reached, or does not do what it should.
    #[error("the issuer can't be used now: {0}")]
    Unavailable(String),
    /// Too many others ask the issuer.
    #[error("too many people sign in at this moment: try again in a second")]
    Busy,
    /// There is no cookie that goes with `state`.
    #[error(
        "this sign-in was not begun in this browser, or more than 10 minutes ago: begin it again"
    )]
    NotBegun,
    /// It was finished before.
    #[error("this sign-in was finished before: begin it again")]
    Used,
    /// The issuer says neither a code nor an error.
    #[error("the issuer sent no code and no error")]
    NoCode,
    /// The answer is of another issuer.
    #[error("the answer is of another issuer (iss)")]
    OtherIssuer,
    /// The issuer says no.
    #[error("the issuer says: {0}")]
    Denied(String),
    /// The issuer does not take the code.
    #[error("the issuer does not take its own code: {0}")]
    Code(String),
    /// The ID token is not valid.
    #[error("the ID token of the issuer is not valid: {0}")]
    Token(String),
    /// The system has no random bits.
    #[error("no random bits: {0}")]
    NoRandomBits(#[from] getrandom::Error),
}

/// A text of the issuer, short and without control characters.
pub(super) fn plain(text: &str) -> String {
    let shown = text.chars().filter(|c| !c.is_control());
    shown.take(SHOWN).collect()
}
