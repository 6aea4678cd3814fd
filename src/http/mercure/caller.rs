//! Who publishes or subscribes, by the token of the request.

use axum::http::request::Parts;
use uuid::Uuid;

use crate::{
    auth::{Auth, MercureClaims, Refusal, RefusalKind},
    http::{AppState, Error, access},
    message::ClientId,
};

/// What `ask` finds out about a request. If its token names a key that is not known, the issuer is asked for new ones.
pub async fn with_new_keys<T>(
    state: &AppState,
    parts: &Parts,
    ask: impl Fn(&Auth, &Parts) -> Result<T, Refusal>,
) -> Result<T, Error> {
    let auth = state.auth.load_full();
    let mut answer = ask(&auth, parts);
    let unknown = |refusal: &Refusal| refusal.kind == RefusalKind::UnknownKey;
    if let (Some(jwks), true) = (auth.jwks(), answer.as_ref().is_err_and(unknown)) {
        jwks.look_for_key().await;
        answer = ask(&auth, parts);
    }
    answer
        .inspect_err(|refusal| auth.count_failure(refusal))
        .map_err(Error::from)
}

/// The client of a token, or a new one.
pub fn client_of(claims: Option<&MercureClaims>) -> ClientId {
    let known = claims.and_then(|claims| claims.client_id.clone());
    known.unwrap_or_else(|| {
        let id = format!("urn:uuid:{}", Uuid::new_v4());
        ClientId::parse(&id).unwrap_or_else(|why| unreachable!("{id}: {why}"))
    })
}

/// Refuses a token that was revoked.
pub fn check_revoked(
    state: &AppState,
    claims: &MercureClaims,
    client_id: &ClientId,
) -> Result<(), Error> {
    let (id, issued_at) = (claims.token.id.as_deref(), claims.token.issued_at);
    match state.broker.log().is_revoked(client_id, id, issued_at) {
        true => Err(access::revoked()),
        false => Ok(()),
    }
}
