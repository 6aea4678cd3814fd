//! Why access is refused.

use super::LimitReached;

/// A refusal of access. The API turns it into a response.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Refusal {
    /// The kind of refusal.
    pub kind: RefusalKind,
    /// What was wrong with this request.
    pub detail: String,
    /// The parameter or header that was wrong.
    pub field: Option<&'static str>,
    /// The limit that was reached, if it was one.
    pub limit: Option<LimitReached>,
}

/// The kinds of refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// No credential, or one that is not valid.
    Unauthorized,
    /// A token that is signed with a key that is not known. It may have been published since.
    UnknownKey,
    /// A right password of a person who has a second factor.
    CodeNeeded,
    /// A valid credential that does not allow this.
    Forbidden,
    /// The request came from a page of another origin.
    CrossSite,
    /// The request names a host that is not this server.
    UnknownHost,
    /// Too many wrong tokens came from this address.
    TooManyTries,
}

impl RefusalKind {
    /// The names of all kinds.
    pub const NAMES: [&str; 7] = [
        Self::Unauthorized.name(),
        Self::UnknownKey.name(),
        Self::CodeNeeded.name(),
        Self::Forbidden.name(),
        Self::CrossSite.name(),
        Self::UnknownHost.name(),
        Self::TooManyTries.name(),
    ];

    /// The name by which it is counted.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::UnknownKey => "unknown_key",
            Self::CodeNeeded => "code_needed",
            Self::Forbidden => "forbidden",
            Self::CrossSite => "cross_site",
            Self::UnknownHost => "unknown_host",
            Self::TooManyTries => "too_many_tries",
        }
    }
}

impl Refusal {
    /// A refusal with its explanation.
    pub(super) fn new(kind: RefusalKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            field: None,
            limit: None,
        }
    }

    /// Names the parameter or header that was wrong.
    #[must_use]
    pub fn field(mut self, field: &'static str) -> Self {
        self.field = Some(field);
        self
    }

    /// Names the limit that was reached.
    #[must_use]
    pub(super) fn limited(mut self, limit: LimitReached) -> Self {
        self.limit = Some(limit);
        self
    }
}
