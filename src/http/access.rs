//! Extractors that check access. A handler that takes one of them runs only for callers that are allowed.

use std::sync::Arc;

use axum::{
    extract::{FromRef, FromRequestParts},
    http::request::Parts,
};

use super::{Code, Error};
use crate::{
    auth::{Admin, Auth, Grant, Refusal, RefusalKind},
    broker::Broker,
};

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let code = match refusal.kind {
            RefusalKind::Unauthorized | RefusalKind::UnknownKey => Code::Unauthorized,
            RefusalKind::Forbidden => Code::Forbidden,
            RefusalKind::CrossSite => Code::CrossSite,
            RefusalKind::UnknownHost => Code::UnknownHost,
            RefusalKind::TooManyTries => Code::TooManyTries,
        };
        let mut error = Self::new(code, refusal.detail);
        if let Some(field) = refusal.field {
            error = error.field(field);
        }
        if let Some(limit) = refusal.limit {
            error = error.limited(limit.into());
        }
        error
    }
}

impl<S: Sync> FromRequestParts<S> for Admin
where
    Arc<Auth>: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let auth = Arc::<Auth>::from_ref(state);
        let admin = auth.admin(parts);
        Ok(admin.inspect_err(|refusal| auth.count_failure(refusal))?)
    }
}

/// A caller that may listen, and to what.
#[derive(Clone, Debug)]
pub struct Listener(pub Grant);

/// The refusal of a token that was revoked.
pub fn revoked() -> Error {
    let detail = "the stream token was revoked, or does not say when it was issued (iat) and tokens of its client were revoked: get a new one";
    Error::new(Code::Unauthorized, detail).field("token")
}

impl<S: Sync> FromRequestParts<S> for Listener
where
    Arc<Auth>: FromRef<S>,
    Arc<Broker>: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let auth = Arc::<Auth>::from_ref(state);
        let mut grant = auth.listener(parts);
        let unknown = |refusal: &Refusal| refusal.kind == RefusalKind::UnknownKey;
        if let (Some(jwks), true) = (auth.jwks(), grant.as_ref().is_err_and(unknown)) {
            // The issuer may have new keys.
            jwks.look_for_key().await;
            grant = auth.listener(parts);
        }
        let grant = grant.inspect_err(|refusal| auth.count_failure(refusal))?;
        if let (Some(token), Some(client_id)) = (&grant.token, &grant.client_id) {
            let broker = Arc::<Broker>::from_ref(state);
            let (id, issued_at) = (token.id.as_deref(), token.issued_at);
            if broker.log().is_revoked(client_id, id, issued_at) {
                return Err(revoked());
            }
        }
        Ok(Self(grant))
    }
}
