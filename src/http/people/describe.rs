//! Converts people to the JSON of the API.

use app::wire::PersonInfo;

use crate::{
    auth::Access,
    http::{AppState, keys::described},
    log::StoredPerson,
};

/// A person, without the password.
pub fn describe(state: &AppState, person: &StoredPerson) -> PersonInfo {
    let roles = state.auth.load().keys().roles();
    let access: Access = serde_json::from_str(&person.access).unwrap_or_default();
    let allowed = access.permissions(&roles).unwrap_or_default();
    let last = person.signed_in.as_ref();
    PersonInfo {
        id: person.id.to_string(),
        name: person.name.shown.clone(),
        issuer: access.account.map(|account| account.issuer),
        role: access.role,
        permissions: described(&allowed),
        created_at: person.created_at,
        totp: person.totp.is_some(),
        signed_in_at: last.map(|last| last.at),
        signed_in_from: last.and_then(|last| last.from.clone()),
    }
}
