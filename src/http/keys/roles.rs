//! `/api/roles`: what API keys can be given.

use app::wire::{RoleInfo, RolesList};
use axum::{Json, extract::State};

use super::describe::permissions;
use crate::{auth::Role, http::AppState};

/// List roles
///
/// The built-in ones and those of the settings, by name.
#[utoipa::path(
    get, path = "/api/roles", tag = "keys",
    responses((status = 200, description = "The roles", body = RolesList)),
)]
pub async fn list(State(state): State<AppState>) -> Json<RolesList> {
    let roles = state.auth.load().keys().roles();
    let info = |role: &Role| RoleInfo {
        name: role.name.clone(),
        permissions: permissions(&role.permissions),
    };
    Json(RolesList {
        roles: roles.all().map(info).collect(),
    })
}
