//! Access to routes: who asks, and whether they may do what the route does. The router says which action each route
//! needs. The handlers check what it is done to.

use std::sync::Arc;

use axum::{
    extract::{FromRef, FromRequestParts, Request, State},
    http::request::Parts,
    middleware::Next,
    response::Response,
};

use super::{AppState, Code, Error};
use crate::{
    auth::{Action, Auth, Listening, Principal, Refusal, RefusalKind, Target, allows},
    broker::Broker,
};

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let code = match refusal.kind {
            RefusalKind::Unauthorized | RefusalKind::UnknownKey => Code::Unauthorized,
            RefusalKind::CodeNeeded => Code::CodeNeeded,
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

/// A layer for routes that need an action. Their handlers find out who asks by [`Caller`].
pub async fn require(
    State((state, action)): State<(AppState, Action)>,
    request: Request,
    next: Next,
) -> Result<Response, Error> {
    let (mut parts, body) = request.into_parts();
    let auth = state.auth.load();
    let principal = auth.principal(&parts).and_then(|principal| {
        allows(&principal, action, Target::Server)?;
        Ok(principal)
    });
    let principal = principal.inspect_err(|refusal| auth.count_failure(refusal))?;
    drop(auth);
    parts.extensions.insert(principal);
    Ok(next.run(Request::from_parts(parts, body)).await)
}

/// Who asks. Only for routes behind [`require`].
#[derive(Clone, Debug)]
pub struct Caller(pub Principal);

impl Caller {
    /// Refuses an action to a target that the caller may not do it to. `field` names the target.
    pub fn check(
        &self,
        state: &AppState,
        action: Action,
        target: Target<'_>,
        field: Option<&'static str>,
    ) -> Result<(), Error> {
        let checked = allows(&self.0, action, target);
        Ok(checked.map_err(|refusal| {
            state.auth.load().count_failure(&refusal);
            match field {
                Some(field) => refusal.field(field),
                None => refusal,
            }
        })?)
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let principal = parts.extensions.get::<Principal>();
        principal.cloned().map(Self).ok_or_else(|| {
            tracing::error!(
                path = parts.uri.path(),
                "a route does not say what it needs"
            );
            Error::internal()
        })
    }
}

/// A caller that may listen, and to what.
#[derive(Clone, Debug)]
pub struct Listener(pub Listening);

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
        let mut listening = auth.listening(parts);
        let unknown = |refusal: &Refusal| refusal.kind == RefusalKind::UnknownKey;
        if let (Some(jwks), true) = (auth.jwks(), listening.as_ref().is_err_and(unknown)) {
            // The issuer may have new keys.
            jwks.look_for_key().await;
            listening = auth.listening(parts);
        }
        let listening = listening.inspect_err(|refusal| auth.count_failure(refusal))?;
        let grant = &listening.grant;
        if let (Some(token), Some(client_id)) = (&grant.token, &grant.client_id) {
            let broker = Arc::<Broker>::from_ref(state);
            let (id, issued_at) = (token.id.as_deref(), token.issued_at);
            if broker.log().is_revoked(client_id, id, issued_at) {
                return Err(revoked());
            }
        }
        Ok(Self(listening))
    }
}
