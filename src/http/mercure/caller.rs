//! Who publishes or subscribes, by the token of the request.

use uuid::Uuid;

use crate::{
    auth::MercureClaims,
    http::{AppState, Error, access},
    message::ClientId,
};

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
    match state.broker.is_revoked(client_id, &claims.token) {
        true => Err(access::revoked()),
        false => Ok(()),
    }
}
