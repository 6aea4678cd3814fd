//! An answer that says no: RFC 9457 problem details, with a stable code and the field that was wrong.

mod code;

use app::wire::Problem;
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

pub use code::Code;

use crate::{
    broker::PublishError,
    log::{AppendError, ReadError},
};

/// A refusal on its way out.
#[derive(Debug)]
pub struct Error {
    code: Code,
    detail: String,
    field: Option<String>,
    retry_after: Option<u64>,
}

impl Error {
    /// A refusal that says what was wrong with this very request.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            field: None,
            retry_after: None,
        }
    }

    /// A value that a field, parameter or header can't have.
    pub fn invalid(field: impl Into<String>, why: impl ToString) -> Self {
        Self::new(Code::InvalidField, why.to_string()).field(field)
    }

    /// Names the field, parameter or header that was wrong.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Says when trying again makes sense, in seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// The kind of refusal.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The status it answers with.
    pub fn status(&self) -> StatusCode {
        self.code.parts().0
    }

    /// The problem document.
    pub fn problem(&self) -> Problem {
        let (status, code, title) = self.code.parts();
        Problem {
            kind: format!("/docs#{code}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: self.detail.clone(),
            code: code.to_owned(),
            field: self.field.clone(),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = (self.status(), Json(self.problem())).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
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

impl From<PublishError> for Error {
    fn from(error: PublishError) -> Self {
        let text = error.to_string();
        match error {
            PublishError::NobodyOnline => {
                Self::new(Code::NobodyOnline, text).field("require_online")
            }
            PublishError::Log(error) => error.into(),
        }
    }
}

impl From<AppendError> for Error {
    fn from(error: AppendError) -> Self {
        let text = error.to_string();
        match error {
            AppendError::KeyReused { .. } => {
                Self::new(Code::IdempotencyKeyReused, text).field("idempotency_key")
            }
            AppendError::Full => {
                let text = "there is no room on the disk; pushes are taken again when there is";
                Self::new(Code::StorageFull, text).retry_after(10)
            }
            AppendError::Locked => Self::new(Code::LogUnavailable, text).retry_after(1),
            AppendError::Closed => Self::new(Code::ShuttingDown, text).retry_after(1),
            AppendError::Failed => Self::new(Code::LogUnavailable, text),
        }
    }
}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        tracing::error!(%error, "a read of the log failed");
        Self::new(
            Code::LogUnavailable,
            "the log can not be read at this moment",
        )
        .retry_after(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_kind_is_left_out_of_the_list() {
        let places: Vec<usize> = Code::ALL.iter().map(|code| *code as usize).collect();
        let all: Vec<usize> = (0..=Code::Internal as usize).collect();
        assert_eq!(places, all);
    }
}
