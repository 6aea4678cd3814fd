//! What a refused request is told about tokens: `WWW-Authenticate` (RFC 6750, section 3, and RFC 9728, section 5.1).

use axum::{
    http::{HeaderValue, header, request::Parts},
    response::{IntoResponse, Response},
};

use super::metadata;
use crate::http::{AppState, Code, Error};

/// What can be said before the request is looked at.
pub struct Challenge {
    /// Whether the request shows a token.
    shown: bool,
    /// Where the metadata is, if there is any.
    metadata: Option<String>,
}

impl Challenge {
    /// For this request.
    pub fn of(state: &AppState, parts: &Parts) -> Self {
        Self {
            shown: state.auth.load().shows_mercure_token(parts),
            metadata: metadata::url(&state.settings),
        }
    }

    /// The response, with a challenge if it is a refusal of access. Other protocols know no 422.
    pub fn answer(self, outcome: Result<Response, Error>) -> Response {
        let error = match outcome {
            Ok(response) => return response,
            Err(error) => error.as_bad_request(),
        };
        let reason = match error.code() {
            Code::Unauthorized if self.shown => Some("invalid_token"),
            Code::Unauthorized => None,
            Code::Forbidden => Some("insufficient_scope"),
            Code::CrossSite => Some("invalid_request"),
            _ => return error.into_response(),
        };
        let mut challenge = "Bearer realm=\"tidings\"".to_owned();
        if let Some(reason) = reason {
            challenge.push_str(&format!(", error=\"{reason}\""));
        }
        if let Some(url) = self.metadata {
            challenge.push_str(&format!(", resource_metadata=\"{url}\""));
        }
        let mut response = error.into_response();
        if let Ok(value) = HeaderValue::try_from(challenge) {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, value);
        }
        response
    }
}
