//! `/api/keys`: API keys.

mod describe;
mod parse;
pub mod roles;
mod upkeep;
mod within;

use std::sync::Arc;

use app::wire::{KeyInfo, KeyRequest, KeyUpdate, KeysPage, NewKey, Rotation};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use describe::ADMIN_TOKEN;
pub use describe::permissions as described;
pub use describe::{admin_token, describe};
pub use parse::{MAX_ID, access_of, after, check_name, id, stored, updated_access};
pub use upkeep::{write_last_pushes, write_uses};
pub use within::{check_changeable, check_within, permissions_of};

use super::{
    AppState, Code, Error,
    access::Caller,
    audited::Doing,
    body::{JsonBody, Pairs, PathId},
    openapi::{refuses, values},
};
use crate::{
    auth::NewKeyText,
    log::{ApiKey, AuditTarget, KeyChange, NewApiKey},
    random,
};

/// The default number of keys on a page.
const PAGE: u64 = 100;
/// The maximum number of keys on a page.
const MAX_PAGE: u64 = 1_000;

/// How a key is called where somebody may not make or change it.
const KEY: &str = "key";

/// For how many seconds the old text of a key is good after a rotation, by default: one day.
const OVERLAP: u64 = 24 * 3600;

refuses!(CreateRefusals: AdminTokenNeeded; WRITE);
refuses!(ListRefusals: );
refuses!(ShowRefusals: NotFound, KeyUnknown);
refuses!(ChangeRefusals: NotFound, KeyUnknown; WRITE);

/// Make an API key
///
/// The text of the key is only in this answer. Nobody can make a key that may do more than they may do themselves. API
/// keys need an admin token to be configured.
#[utoipa::path(
    post, path = "/api/keys", tag = "keys", request_body = KeyRequest,
    responses(
        (
            status = 201, description = "Made, durably", body = NewKey,
            headers(("Location" = String, description = "The path of the key")),
        ),
        CreateRefusals,
    ),
)]
pub async fn create(
    State(state): State<AppState>,
    caller: Caller,
    doing: Doing,
    JsonBody(request): JsonBody<KeyRequest>,
) -> Result<Response, Error> {
    doing.action("key.create");
    if !state.auth.load().has_keys() {
        let detail = "API keys need an admin token: start the server with --admin-token (TIDINGS_ADMIN_TOKEN). Without one, it answers this machine only, and lets it do everything";
        return Err(Error::new(Code::AdminTokenNeeded, detail));
    }
    parse::check_name(&request.name)?;
    let now = state.broker.log().now();
    let expires_at = parse::end(request.ttl, 1, now)?;
    let pushes_per_day = parse::quota(request.pushes_per_day, 1)?;
    let name = request.name.clone();
    let access = parse::access_of(request);
    check_within(&caller, &state, &permissions_of(&state, &access)?, KEY)?;
    let text = new_text()?;
    let id = new_id(now);
    let stored = parse::stored(&access);
    doing.to(AuditTarget::Key(id.as_str().into()));
    let key = NewApiKey {
        id: id.clone(),
        name,
        digest: text.digest,
        access: stored,
        expires_at,
        pushes_per_day,
    };
    change(&state, KeyChange::Create(key)).await?;
    let key = find(&state, &id)?;
    let location = [(header::LOCATION, format!("/api/keys/{id}"))];
    let info = describe(&state, &key);
    let key = Json(NewKey {
        key: text.text,
        info,
    });
    Ok((StatusCode::CREATED, uncached(), location, key).into_response())
}

/// List API keys
///
/// One page, newest first; `next` of one page is `before` of the following. The admin token comes last, as `admin-token`.
#[utoipa::path(
    get, path = "/api/keys", tag = "keys",
    params(
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 1000, description = "Keys on one page; 100 by default"),
        ("before" = Option<values::KeyId>, Query, description = "Only keys that were made before this one: `next` of the previous page"),
    ),
    responses((status = 200, description = "One page", body = KeysPage), ListRefusals),
)]
pub async fn list(State(state): State<AppState>, pairs: Pairs) -> Result<Json<KeysPage>, Error> {
    let limit = pairs.page_limit(PAGE, MAX_PAGE, "keys")?;
    let before = pairs
        .get("before")
        .map(|id| parse::id(id, KEY))
        .transpose()?;
    let found = state.broker.log().keys(before, limit);
    let last = found.last().filter(|_| found.len() == limit);
    let next = last.map(|last| last.id.to_string());
    let mut keys: Vec<KeyInfo> = found.iter().map(|key| describe(&state, key)).collect();
    if next.is_none() && state.auth.load().has_keys() {
        keys.push(admin_token());
    }
    Ok(Json(KeysPage { keys, next }))
}

/// Show an API key
#[utoipa::path(
    get, path = "/api/keys/{id}", tag = "keys",
    params(("id" = values::KeyId, Path, description = "The id of the key")),
    responses((status = 200, description = "The key", body = KeyInfo), ShowRefusals),
)]
pub async fn show(
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Json<KeyInfo>, Error> {
    if id == ADMIN_TOKEN && state.auth.load().has_keys() {
        return Ok(Json(admin_token()));
    }
    let key = find(&state, &id)?;
    Ok(Json(describe(&state, &key)))
}

/// Change an API key
///
/// Its name, what it may do, when it ends, or its quota. Its streams end if it may do something else afterwards, and can be opened
/// again.
#[utoipa::path(
    patch, path = "/api/keys/{id}", tag = "keys", request_body = KeyUpdate,
    params(("id" = values::KeyId, Path, description = "The id of the key")),
    responses((status = 200, description = "Changed, durably", body = KeyInfo), ChangeRefusals),
)]
pub async fn update(
    State(state): State<AppState>,
    caller: Caller,
    doing: Doing,
    PathId(id): PathId,
    JsonBody(update): JsonBody<KeyUpdate>,
) -> Result<Json<KeyInfo>, Error> {
    doing.action("key.update");
    let key = changeable(&state, &caller, &doing, &id)?;
    let name = update.name.clone().unwrap_or_else(|| key.name.clone());
    parse::check_name(&name)?;
    let now = state.broker.log().now();
    let expires_at = match update.ttl {
        None => key.expires_at,
        Some(0) => None,
        ttl => parse::end(ttl, 0, now)?,
    };
    let pushes_per_day = match update.pushes_per_day {
        None => key.pushes_per_day,
        quota => parse::quota(quota, 0)?,
    };
    let mut access = key.access.clone();
    if let Some(given) = parse::updated_access(&key.access, update) {
        check_within(&caller, &state, &permissions_of(&state, &given)?, KEY)?;
        access = parse::stored(&given);
    }
    let id = key.id.to_string();
    let update = KeyChange::Update {
        id: id.clone(),
        name,
        access,
        expires_at,
        pushes_per_day,
    };
    change(&state, update).await?;
    let key = find(&state, &id)?;
    Ok(Json(describe(&state, &key)))
}

/// Give an API key a new text
///
/// The new text is only in this answer. The old one is good for `overlap` more seconds, and then its streams end. A text
/// that was replaced before is no longer good.
#[utoipa::path(
    post, path = "/api/keys/{id}/rotate", tag = "keys", request_body = Rotation,
    params(("id" = values::KeyId, Path, description = "The id of the key")),
    responses((status = 200, description = "Replaced, durably", body = NewKey), ChangeRefusals),
)]
pub async fn rotate(
    State(state): State<AppState>,
    caller: Caller,
    doing: Doing,
    PathId(id): PathId,
    JsonBody(rotation): JsonBody<Rotation>,
) -> Result<(HeaderMap, Json<NewKey>), Error> {
    doing.action("key.rotate");
    let key = changeable(&state, &caller, &doing, &id)?;
    let overlap = rotation.overlap.unwrap_or(OVERLAP);
    let now = state.broker.log().now();
    let previous_until = parse::after(overlap, "overlap", now)?;
    let text = new_text()?;
    let rotate = KeyChange::Rotate {
        id: key.id.to_string(),
        digest: text.digest,
        previous_until,
    };
    change(&state, rotate).await?;
    let info = describe(&state, &*find(&state, &id)?);
    let key = text.text;
    Ok((uncached(), Json(NewKey { key, info })))
}

/// Revoke an API key
///
/// It is refused from now on. Its streams end within a second.
#[utoipa::path(
    delete, path = "/api/keys/{id}", tag = "keys",
    params(("id" = values::KeyId, Path, description = "The id of the key")),
    responses((status = 204, description = "Revoked, durably"), ChangeRefusals),
)]
pub async fn revoke(
    State(state): State<AppState>,
    caller: Caller,
    doing: Doing,
    PathId(id): PathId,
) -> Result<StatusCode, Error> {
    doing.action("key.revoke");
    let key = changeable(&state, &caller, &doing, &id)?;
    change(&state, KeyChange::Revoke(key.id.to_string())).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The key with this id, if the caller may change it: whoever may not do what the key may do, may not have its next text.
fn changeable(
    state: &AppState,
    caller: &Caller,
    doing: &Doing,
    id: &str,
) -> Result<Arc<ApiKey>, Error> {
    // What is no id may be long.
    let target = id.chars().take(parse::MAX_ID).collect();
    doing.to(AuditTarget::Key(target));
    if id == ADMIN_TOKEN {
        let detail = "the admin token is a setting: change --admin-token (TIDINGS_ADMIN_TOKEN), and reload the settings or restart";
        return Err(Error::new(Code::Forbidden, detail).field("id"));
    }
    let key = find(state, id)?;
    check_changeable(caller, state, &key.access, KEY)?;
    Ok(key)
}

fn find(state: &AppState, id: &str) -> Result<Arc<ApiKey>, Error> {
    state.broker.log().key(id).ok_or_else(|| {
        let detail = "there is no API key with this id: it never was there, or it was revoked";
        Error::new(Code::KeyUnknown, detail).field("id")
    })
}

async fn change(state: &AppState, change: KeyChange) -> Result<(), Error> {
    Ok(state.broker.log().change_key(change).await?)
}

/// An id of a key or a person. It begins with the time, so they are listed in the order in which they were made.
pub fn new_id(now: u64) -> String {
    format!("{now:012x}{:08x}", random::below(1 << 32))
}

fn new_text() -> Result<NewKeyText, Error> {
    NewKeyText::random().map_err(|error| {
        tracing::error!(%error, "no random bits for an API key");
        Error::new(Code::Internal, "the server could not make a key")
    })
}

/// A secret must not stay in caches.
pub fn uncached() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers
}
