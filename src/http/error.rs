//! Errors as responses: problem details (RFC 9457) with a stable code and the name of the wrong field.

mod code;
mod rate_limit;

use std::sync::Arc;

use app::wire::Problem;
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

pub use code::Code;
pub use rate_limit::RateLimit;

use crate::{
    auth::LimitReached,
    broker::{Behind, PublishError},
    log::{AppendError, AuditTarget, ReadError, WHAT_TO_DO},
};

tokio::task_local! {
    /// The path of the public URL, while a request is answered. Not set where it is empty.
    static BASE: Arc<str>;
}

/// Answers a request. Links in its errors are below this path.
pub async fn with_base<T>(base: Arc<str>, answer: impl Future<Output = T>) -> T {
    BASE.scope(base, answer).await
}

/// An error that becomes a response.
#[derive(Debug)]
pub struct Error {
    code: Code,
    detail: String,
    field: Option<String>,
    retry_after: Option<u64>,
    limit: Option<Box<RateLimit>>,
    target: Option<Box<AuditTarget>>,
    /// Whether the status is 400 where it would be 422.
    bad_request: bool,
}

impl Error {
    /// An error, with what was wrong in this request.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            field: None,
            retry_after: None,
            limit: None,
            target: None,
            bad_request: false,
        }
    }

    /// An invalid value of a field, parameter or header.
    pub fn invalid(field: impl Into<String>, why: impl ToString) -> Self {
        Self::new(Code::InvalidField, why.to_string()).field(field)
    }

    /// A fault of the server itself. The log of the server says which.
    pub fn internal() -> Self {
        let detail = "an error in the server; its log has the details";
        Self::new(Code::Internal, detail)
    }

    /// Names the field, parameter or header that was wrong.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// The field that was wrong is a field of this one.
    #[must_use]
    pub fn within(mut self, outer: &str) -> Self {
        self.field = Some(match self.field {
            Some(field) => format!("{outer}.{field}"),
            None => outer.to_owned(),
        });
        self
    }

    /// After how many seconds the client may try again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Names the limit that was reached, and when the client may try again.
    #[must_use]
    pub fn limited(mut self, limit: RateLimit) -> Self {
        self.retry_after = Some(limit.retry_after());
        self.limit = Some(Box::new(limit));
        self
    }

    /// Names what was to be changed, for the audit trail.
    #[must_use]
    pub fn about(mut self, target: Option<AuditTarget>) -> Self {
        self.target = target.map(Box::new);
        self
    }

    /// The same with the status 400 if it is 422. Other protocols know no 422.
    #[must_use]
    pub fn as_bad_request(mut self) -> Self {
        self.bad_request = true;
        self
    }

    /// See [`Error::about`].
    pub fn target(&self) -> Option<&AuditTarget> {
        self.target.as_deref()
    }

    /// The error code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The status of the response.
    pub fn status(&self) -> StatusCode {
        match self.code.status() {
            StatusCode::UNPROCESSABLE_ENTITY if self.bad_request => StatusCode::BAD_REQUEST,
            status => status,
        }
    }

    /// The problem document.
    pub fn problem(&self) -> Problem {
        let (_, code, title) = self.code.parts();
        Problem {
            kind: BASE
                .try_with(|base| format!("{base}/docs#{code}"))
                .unwrap_or_else(|_| format!("/docs#{code}")),
            title: title.to_owned(),
            status: self.status().as_u16(),
            detail: self.detail.clone(),
            code: code.to_owned(),
            field: self.field.clone(),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = (self.status(), Json(self.problem())).into_response();
        // For those who count errors.
        response.extensions_mut().insert(self.code);
        if let Some(target) = self.target {
            // For the audit trail.
            response.extensions_mut().insert(*target);
        }
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(limit) = self.limit {
            limit.write(headers);
        }
        if self.code == Code::UnsupportedContentCoding {
            headers.insert(
                header::ACCEPT_ENCODING,
                HeaderValue::from_static("gzip, zstd"),
            );
        }
        if self.code == Code::Unauthorized {
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer realm=\"tidings\""),
            );
        }
        response
    }
}

impl From<LimitReached> for Error {
    fn from(reached: LimitReached) -> Self {
        let (code, detail) = rate_limit::refusal(&reached);
        Self::new(code, detail).limited(reached.into())
    }
}

impl From<PublishError> for Error {
    fn from(error: PublishError) -> Self {
        let text = error.to_string();
        match error {
            PublishError::NobodyOnline => {
                Self::new(Code::NobodyOnline, text).field("require_online")
            }
            PublishError::TooManyScheduled(most) => Self::new(Code::TooManyScheduled, text)
                .field("at")
                .limited(RateLimit::concurrent("max_scheduled", most.messages)),
            PublishError::Log(error) => error.into(),
        }
    }
}

impl From<Behind> for Error {
    fn from(behind: Behind) -> Self {
        Self::new(Code::ClusterUnavailable, behind.to_string()).retry_after(1)
    }
}

impl From<AppendError> for Error {
    fn from(error: AppendError) -> Self {
        let text = error.to_string();
        match error {
            AppendError::KeyReused { .. } => {
                Self::new(Code::IdempotencyKeyReused, text).field("idempotency_key")
            }
            AppendError::TooManyStates(most) => Self::new(Code::TooManyStates, text)
                .field("state")
                .limited(RateLimit::concurrent("max_states", most.messages)),
            AppendError::Full => {
                let text = "the disk is full; pushes are accepted again when there is space";
                Self::new(Code::StorageFull, text).retry_after(10)
            }
            AppendError::Damaged => Self::new(Code::LogDamaged, format!("{text}: {WHAT_TO_DO}")),
            AppendError::Locked => Self::new(Code::LogUnavailable, text).retry_after(1),
            AppendError::Closed => Self::new(Code::ShuttingDown, text).retry_after(1),
            AppendError::Failed => Self::new(Code::LogUnavailable, text),
            AppendError::Unavailable => Self::new(Code::ClusterUnavailable, text).retry_after(1),
            AppendError::TooLarge { .. } => Self::new(Code::MessageTooLarge, text),
        }
    }
}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        if error.is_damage() {
            // Logged where it was found.
            let text = format!("this part of the log is damaged and can't be read: {WHAT_TO_DO}");
            return Self::new(Code::LogDamaged, text);
        }
        tracing::error!(%error, "a read of the log failed");
        Self::new(Code::LogUnavailable, "the log can't be read now").retry_after(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_every_code() {
        let places: Vec<usize> = Code::ALL.iter().map(|code| *code as usize).collect();
        let all: Vec<usize> = (0..=Code::Internal as usize).collect();
        assert_eq!(places, all);
    }
}
