//! Who may do what. (Open to all for now.)

use axum::{extract::FromRequestParts, http::request::Parts};

use super::Error;
use crate::message::{ClientId, TopicFilter};

/// What a listener may hear.
pub struct Grant {
    /// When it ends.
    pub expires_at: Option<u64>,
}

impl Grant {
    /// Whether it may subscribe to this.
    pub fn allows(&self, _filter: &TopicFilter) -> bool {
        true
    }

    /// Who it is.
    pub fn client_id(&self, asked: Option<ClientId>) -> Result<Option<ClientId>, Error> {
        Ok(asked)
    }
}

/// The extractor.
pub struct Listener(pub Grant);

impl<S: Send + Sync> FromRequestParts<S> for Listener {
    type Rejection = Error;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Error> {
        Ok(Self(Grant { expires_at: None }))
    }
}
