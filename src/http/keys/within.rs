//! Nobody can make or change a key or a person that may do more than they may.

use super::super::{AppState, Error, access::Caller};
use crate::auth::{Access, Permission, Refusal, RefusalKind};

/// The permissions that somebody is to be given.
pub fn permissions_of(state: &AppState, access: &Access) -> Result<Vec<Permission>, Error> {
    let roles = state.auth.load().keys().roles();
    let permissions = access.permissions(&roles);
    permissions.map_err(|wrong| Error::invalid(wrong.field, wrong.why))
}

/// Refuses permissions that the caller does not have. `what` is to have them: a key, or a person.
pub fn check_within(
    Caller(principal, _): &Caller,
    state: &AppState,
    asked: &[Permission],
    what: &'static str,
) -> Result<(), Error> {
    let Some((action, permission)) = principal.first_beyond(asked) else {
        return Ok(());
    };
    let refusal = Refusal {
        kind: RefusalKind::Forbidden,
        detail: format!(
            "the {what} may {} for {}, and {:?} may not do all of that: nobody can make or change a {what} that may do more than they may",
            action.name(),
            permission.reach,
            principal.name(),
        ),
        field: Some("permissions"),
        limit: None,
    };
    state.auth.load().count_failure(&refusal);
    Err(refusal.into())
}

/// Refuses to change something that was given more than the caller may do. `access` is what it was given, as stored.
pub fn check_changeable(
    caller: &Caller,
    state: &AppState,
    access: &str,
    what: &'static str,
) -> Result<(), Error> {
    let access = serde_json::from_str(access).unwrap_or_default();
    match permissions_of(state, &access) {
        Ok(permissions) => check_within(caller, state, &permissions, what),
        // A role that is not defined now may be defined again.
        Err(_) => check_within(caller, state, &[Permission::everything()], what),
    }
}
