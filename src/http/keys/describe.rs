//! Converts API keys to the JSON of the API.

use app::wire::{KeyInfo, KeyPermission};

use crate::{
    auth::{Access, Permission},
    http::AppState,
    log::ApiKey,
};

/// The id under which the admin token is listed.
pub const ADMIN_TOKEN: &str = "admin-token";

/// A key, without its text.
pub fn describe(state: &AppState, key: &ApiKey) -> KeyInfo {
    let auth = state.auth.load();
    let access: Access = serde_json::from_str(&key.access).unwrap_or_default();
    let allowed = access.permissions(&auth.keys().roles()).unwrap_or_default();
    // This node may have seen it later than the log.
    let here = auth.keys().last_use(&key.id);
    let newest = [here, key.last_used.clone()].into_iter().flatten();
    let last = newest.max_by_key(|last| last.at);
    KeyInfo {
        id: key.id.to_string(),
        name: key.name.clone(),
        role: access.role,
        permissions: permissions(&allowed),
        created_at: key.created_at,
        expires_at: key.expires_at,
        rotated_at: key.rotated_at,
        previous_until: key.previous.map(|(_, until)| until),
        last_used_at: last.as_ref().map(|last| last.at),
        last_used_from: last.and_then(|last| last.from),
        pushes_per_day: key.pushes_per_day,
        pushes_today: auth.keys().pushes_today(&key.id),
    }
}

/// The admin token, as a key.
pub fn admin_token() -> KeyInfo {
    KeyInfo {
        id: ADMIN_TOKEN.to_owned(),
        name: "the admin token of the settings".to_owned(),
        role: Some("admin".to_owned()),
        permissions: permissions(&[Permission::everything()]),
        ..KeyInfo::default()
    }
}

/// Permissions as texts.
pub fn permissions(permissions: &[Permission]) -> Vec<KeyPermission> {
    let permission = |Permission { actions, reach }: &Permission| KeyPermission {
        actions: actions
            .iter()
            .map(|action| action.name().to_owned())
            .collect(),
        clients: reach.clients.iter().map(ToString::to_string).collect(),
        topics: reach.topics.iter().map(ToString::to_string).collect(),
        everyone: reach.everyone,
    };
    permissions.iter().map(permission).collect()
}
