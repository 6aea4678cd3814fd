//! Parses the bodies of requests for API keys.

use app::wire::{KeyPermission, KeyRequest, KeyUpdate, values::MAX_TTL};

use crate::{
    auth::{Access, PermissionTexts},
    http::Error,
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

/// What a key is given instead of what it has. None: it keeps that.
pub fn updated_access(update: KeyUpdate) -> Option<Access> {
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
    let permissions = permissions.unwrap_or_default();
    is_given.then(|| Access {
        role,
        permissions: permissions.into_iter().map(permission).collect(),
        clients: clients.unwrap_or_default(),
        topics: topics.unwrap_or_default(),
        everyone,
        account: None,
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
