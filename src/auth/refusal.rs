//! Why a caller may not do what it asks for.

/// A refusal, in terms of access alone. The API turns it into an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Refusal {
    /// The kind of refusal.
    pub kind: RefusalKind,
    /// What was wrong with this very request.
    pub detail: String,
    /// The parameter or header that was wrong.
    pub field: Option<&'static str>,
    /// When trying again makes sense, in seconds.
    pub retry_after: Option<u64>,
}

/// Every kind of refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// No credential, or one that is not valid.
    Unauthorized,
    /// A valid credential that does not allow this.
    Forbidden,
    /// The request came from a page of another origin.
    CrossSite,
    /// The request names a host that this server is not.
    UnknownHost,
    /// Too many wrong tokens came from this address.
    TooManyTries,
}

impl Refusal {
    /// A refusal that says what was wrong.
    pub(super) fn new(kind: RefusalKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            field: None,
            retry_after: None,
        }
    }

    /// Names the parameter or header that was wrong.
    #[must_use]
    pub fn field(mut self, field: &'static str) -> Self {
        self.field = Some(field);
        self
    }

    /// Says when trying again makes sense, in seconds.
    #[must_use]
    pub(super) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}
