//! Parses the bodies of requests for API keys.

use app::wire::{KeyPermission, KeyRequest, KeyUpdate, values::MAX_TTL};

use crate::{
    auth::{Access, PermissionTexts},
    http::Error,
    job::MAX_NUMBER,
};

/// The longest id of a key or a person, in characters.
pub const MAX_ID: usize = 64;

/// The longest name of a key, in characters.
const MAX_NAME: usize = 100;

/// Refuses a name that people could not read.
pub fn check_name(name: &str) -> Result<(), Error> {
    let is_long = name.chars().count() > MAX_NAME;
    match name.trim().is_empty() || is_long || name.chars().any(char::is_control) {
        true => Err(Error::invalid(
            "name",
            format!(
                "must have 1 to {MAX_NAME} characters, not only spaces, and no control characters"
            ),
        )),
        false => Ok(()),
    }
}

/// An id of `what` in a query: of a key, or of a person.
pub fn id<'t>(text: &'t str, what: &str) -> Result<&'t str, Error> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    match (1..=MAX_ID).contains(&text.len()) && text.chars().all(allowed) {
        true => Ok(text),
        false => Err(Error::invalid(
            "before",
            format!("must be the id of a {what}"),
        )),
    }
}

/// When a key ends. None: never.
pub fn end(ttl: Option<u64>, least: u64, now: u64) -> Result<Option<u64>, Error> {
    match ttl {
        Some(ttl) if ttl < least => {
            let why =
                format!("must be at least {least} seconds; leave it out for a key that never ends");
            Err(Error::invalid("ttl", why))
        }
        Some(ttl) => after(ttl, "ttl", now).map(Some),
        None => Ok(None),
    }
}

/// How many messages may be pushed on one day. None: any number.
pub fn quota(per_day: Option<u64>, least: u64) -> Result<Option<u64>, Error> {
    match per_day {
        Some(per_day) if !(least..=MAX_NUMBER).contains(&per_day) => {
            let why = format!("must be a whole number from {least} to {MAX_NUMBER}");
            Err(Error::invalid("pushes_per_day", why))
        }
        per_day => Ok(per_day.filter(|per_day| *per_day > 0)),
    }
}

/// The time so many seconds later.
pub fn after(seconds: u64, field: &str, now: u64) -> Result<u64, Error> {
    match seconds <= MAX_TTL {
        true => Ok(now.saturating_add(seconds * 1000)),
        false => Err(Error::invalid(
            field,
            format!("must be at most {MAX_TTL} seconds"),
        )),
    }
}

/// What a new key is given.
pub fn access_of(request: KeyRequest) -> Access {
    Access {
        role: request.role,
        permissions: request.permissions.into_iter().map(permission).collect(),
        clients: request.clients,
        topics: request.topics,
        everyone: request.everyone,
        account: None,
    }
}

/// What a key has after a change. What the change does not name stays: a new role keeps the restriction to clients and topics.
/// Only own permissions, in which these stand, take the place of a role with its restriction. None: nothing of it changes.
pub fn updated_access(stored: &str, update: KeyUpdate) -> Option<Access> {
    let KeyUpdate {
        role,
        permissions,
        clients,
        topics,
        everyone,
        ..
    } = update;
    let is_given = role.is_some()
        || permissions.is_some()
        || clients.is_some()
        || topics.is_some()
        || everyone.is_some();
    // What can't be read is not kept.
    let before = || serde_json::from_str(stored).unwrap_or_default();
    is_given.then(|| {
        let before: Access = match permissions.is_some() {
            true => Access::default(),
            false => before(),
        };
        let permissions = match (permissions, &role) {
            (Some(permissions), _) => permissions.into_iter().map(permission).collect(),
            (None, Some(_)) => Vec::new(),
            (None, None) => before.permissions,
        };
        Access {
            role: role.or(before.role),
            permissions,
            clients: clients.unwrap_or(before.clients),
            topics: topics.unwrap_or(before.topics),
            everyone: everyone.or(before.everyone),
            // What comes from an issuer is not changed here.
            account: None,
        }
    })
}

fn permission(wire: KeyPermission) -> PermissionTexts {
    PermissionTexts {
        actions: wire.actions,
        clients: wire.clients,
        topics: wire.topics,
        everyone: wire.everyone,
    }
}

/// The text that is stored.
pub fn stored(access: &Access) -> String {
    // Can't fail: it has only texts.
    serde_json::to_string(access).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn changed(stored: serde_json::Value, update: serde_json::Value) -> String {
        let update = serde_json::from_value(update).expect("an update");
        let access = updated_access(&stored.to_string(), update);
        access.as_ref().map(self::stored).unwrap_or_default()
    }

    #[test]
    fn a_new_role_keeps_the_restriction() {
        let before = || json!({"role": "viewer", "clients": ["shop:*"], "everyone": true});
        assert_eq!(
            changed(before(), json!({"role": "operator"})),
            r#"{"role":"operator","clients":["shop:*"],"everyone":true}"#
        );
        assert_eq!(
            changed(
                before(),
                json!({"topics": ["orders/**"], "everyone": false})
            ),
            r#"{"role":"viewer","clients":["shop:*"],"topics":["orders/**"],"everyone":false}"#
        );
        assert_eq!(
            changed(before(), json!({"clients": []})),
            r#"{"role":"viewer","everyone":true}"#
        );
        assert_eq!(changed(before(), json!({"name": "other"})), "");
    }

    #[test]
    fn a_role_and_own_permissions_take_the_place_of_each_other() {
        let own =
            || json!([{"actions": ["read"], "clients": ["a"], "topics": [], "everyone": false}]);
        let restricted = json!({"role": "viewer", "clients": ["shop:*"]});
        assert_eq!(
            changed(restricted, json!({"permissions": own()})),
            r#"{"permissions":[{"actions":["read"],"clients":["a"],"topics":[],"everyone":false}]}"#
        );
        let before = json!({"permissions": own()});
        assert_eq!(
            changed(before, json!({"role": "viewer"})),
            r#"{"role":"viewer"}"#
        );
    }
}
