//! `/api/tokens`: revokes stream tokens.

use std::time::Duration;

use axum::{extract::State, http::StatusCode};

use super::{
    AppState, Error,
    access::Caller,
    audited::Doing,
    body::{Pairs, PathId},
    openapi::{refuses, values},
};
use crate::{
    auth::{Action, MAX_TOKEN_ID, Target},
    log::{AuditTarget, RevokedTokens},
    message::{Audience, ClientId},
    registry,
};

/// How long a revocation is kept: the longest lifetime of a token that `tidings token` makes, ten years.
const KEPT: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// The name in the audit trail.
const REVOKE: &str = "token.revoke";

refuses!(Refusals: InvalidField, MissingField; WRITE);

/// Revoke a token
///
/// A stream token with this id (`jti`) is not valid any more. Streams that were opened with it end within a second, with the
/// reason `token_revoked`. An id that was never seen is accepted too. An API key must be one for everything, because the id does
/// not say whose token it is.
#[utoipa::path(
    delete, path = "/api/tokens/{jti}", tag = "clients",
    params(("jti" = values::TokenId, Path, description = "The id of the token")),
    responses((status = 204, description = "Revoked, durably and at all nodes"), Refusals),
)]
pub async fn revoke_one(
    State(state): State<AppState>,
    caller: Caller,
    doing: Doing,
    PathId(id): PathId,
) -> Result<StatusCode, Error> {
    doing.action(REVOKE);
    caller.check(&state, Action::Disconnect, Target::Everything, Some("jti"))?;
    if id.len() > MAX_TOKEN_ID || id.chars().any(char::is_control) {
        let why = format!("must be at most {MAX_TOKEN_ID} bytes without control characters");
        return Err(Error::invalid("jti", why));
    }
    doing.to(AuditTarget::Token(id.as_str().into()));
    revoke(&state, RevokedTokens::WithId(id)).await
}

/// Revoke all tokens of a client
///
/// Stream tokens of this client (`sub`) that were issued (`iat`) until now are not valid any more, and neither are those that do
/// not say when they were issued. Streams that were opened with them end within a second, with the reason `token_revoked`.
#[utoipa::path(
    delete, path = "/api/tokens", tag = "clients",
    params(("sub" = values::ClientId, Query, description = "The client")),
    responses((status = 204, description = "Revoked, durably and at all nodes"), Refusals),
)]
pub async fn revoke_all(
    State(state): State<AppState>,
    caller: Caller,
    doing: Doing,
    pairs: Pairs,
) -> Result<StatusCode, Error> {
    doing.action(REVOKE);
    let client_id = ClientId::parse(pairs.need_one("sub")?);
    let client_id = client_id.map_err(|why| Error::invalid("sub", why))?;
    doing.to(AuditTarget::Audience(Audience::Client(client_id.clone())));
    let target = Target::Client(&client_id);
    caller.check(&state, Action::Disconnect, target, Some("sub"))?;
    revoke(&state, RevokedTokens::OfClient(client_id)).await
}

async fn revoke(state: &AppState, tokens: RevokedTokens) -> Result<StatusCode, Error> {
    let ends_at = registry::now() + KEPT.as_millis() as u64;
    state.broker.log().revoke(tokens, ends_at).await?;
    Ok(StatusCode::NO_CONTENT)
}
