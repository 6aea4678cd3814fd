//! Access to routes: who asks, and whether they may do what the route does. The router says which action each route
//! needs. The handlers check what it is done to.

pub mod tester;

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{FromRef, FromRequestParts, Request, State},
    http::request::Parts,
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    AppState, Code, Error,
    audited::{Audited, address, source},
};
use crate::{
    auth::{Action, Auth, Grant, Listening, Principal, Refusal, RefusalKind, Target, allows},
    broker::Broker,
    log::{AuditSource, AuditTarget},
    message::Audience,
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

/// A layer for routes that need an action, or without one somebody, whatever they may do. Their handlers find out who asks by
/// [`Caller`].
pub async fn require(
    State((state, action)): State<(AppState, Option<Action>)>,
    request: Request,
    next: Next,
) -> Response {
    let handler = |Caller(principal, _), mut request: Request| {
        request.extensions_mut().insert(principal);
        next.run(request)
    };
    answer(&state, action, request, handler).await
}

/// The answer of a handler to a request for which somebody needs an action, or without one only has to be somebody; or the
/// refusal. What the handler does is audited.
pub async fn answer<F: Future<Output = Response>>(
    state: &AppState,
    action: Option<Action>,
    request: Request,
    handler: impl FnOnce(Caller, Request) -> F,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let auth = state.auth.load();
    let principal = auth.principal(&parts);
    let audited = Audited::begin(&mut parts, principal.as_ref().ok(), action);
    let allowed = principal.and_then(|principal| match action {
        Some(action) => allows(&principal, action, Target::Server).map(|()| principal),
        None => Ok(principal),
    });
    let allowed = allowed.inspect_err(|refusal| auth.count_failure(refusal));
    drop(auth);
    let response = match allowed {
        Ok(principal) => {
            let caller = Caller(principal, address(&parts));
            handler(caller, Request::from_parts(parts, body)).await
        }
        Err(refusal) => Error::from(refusal).into_response(),
    };
    audited.end(&state.broker, response).await
}

/// Who asks, and from which address. Only for routes behind [`require`].
#[derive(Clone, Debug)]
pub struct Caller(pub Principal, pub Option<IpAddr>);

impl Caller {
    /// Refuses an action to a target that the caller may not do it to. `field` names the target.
    pub fn check(
        &self,
        state: &AppState,
        action: Action,
        target: Target<'_>,
        field: Option<&'static str>,
    ) -> Result<(), Error> {
        allows(&self.0, action, target).map_err(|refusal| {
            state.auth.load().count_failure(&refusal);
            let refusal = match field {
                Some(field) => refusal.field(field),
                None => refusal,
            };
            let audience = match target {
                Target::Client(id) => Audience::Client(id.clone()),
                Target::Clients(ids) => Audience::clients(ids.to_vec()),
                Target::Topic(topic) => Audience::Topic(topic.clone()),
                Target::Everyone => Audience::Everyone,
                Target::Filter(_) | Target::Server | Target::Everything => return refusal.into(),
            };
            Error::from(refusal).about(Some(AuditTarget::Audience(audience)))
        })
    }

    /// Who asks, for the audit trail. None if there is none.
    pub fn source(&self, state: &AppState) -> Option<AuditSource> {
        let Self(principal, address) = self;
        let is_audited = state.broker.is_audited();
        is_audited.then(|| source(Some(principal), *address))
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let principal = parts.extensions.get::<Principal>();
        let address = address(parts);
        let caller = |principal| Self(principal, address);
        principal.cloned().map(caller).ok_or_else(|| {
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

/// What `ask` finds out about a request. If its token names a key that is not known, the issuer is asked for new ones.
pub async fn with_new_keys<T>(
    auth: &Auth,
    parts: &Parts,
    ask: impl Fn(&Auth, &Parts) -> Result<T, Refusal>,
) -> Result<T, Error> {
    let mut answer = ask(auth, parts);
    let unknown = |refusal: &Refusal| refusal.kind == RefusalKind::UnknownKey;
    if let (Some(jwks), true) = (auth.jwks(), answer.as_ref().is_err_and(unknown)) {
        jwks.look_for_key().await;
        answer = ask(auth, parts);
    }
    Ok(answer.inspect_err(|refusal| auth.count_failure(refusal))?)
}

/// Whether it is the grant of a token that was revoked.
pub fn is_revoked(broker: &Broker, grant: &Grant) -> bool {
    let token = grant.token.as_ref().zip(grant.client_id.as_ref());
    token.is_some_and(|(token, client_id)| broker.is_revoked(client_id, token))
}

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
        let listening = with_new_keys(&auth, parts, Auth::listening).await?;
        if is_revoked(&Arc::<Broker>::from_ref(state), &listening.grant) {
            return Err(revoked());
        }
        Ok(Self(listening))
    }
}
