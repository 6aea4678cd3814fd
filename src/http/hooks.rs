//! `/api/hooks`: webhooks.

pub mod deliveries;
mod describe;

use std::sync::Arc;

use app::wire::{HookInfo, HookReplay, HookRequest, HookUpdate, HooksList, NewHook, Rotation};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{
    AppState, Code, Error,
    access::Caller,
    audited::Doing,
    body::{JsonBody, PathId},
    keys::{after, new_id, uncached},
    off_thread,
    openapi::{refuses, values},
};
use crate::{
    auth::{Action, Target},
    hooks::{HookConfig, HookSecret, HookSecrets, HookTexts, InvalidHook, SecretKind},
    log::{AuditTarget, HiddenText, HookChange, StoredHook},
};

/// The most webhooks. Each has a task and connections of its own.
const MOST: usize = 100;

/// The longest id, in characters.
const MAX_ID: usize = 64;

/// For how many seconds the old secret signs too after a rotation, by default: one day.
const OVERLAP: u64 = 24 * 3600;

/// The reason of a pause that was asked for.
const BY_HAND: &str = "it was paused by hand";

refuses!(CreateRefusals: TooManyHooks; WRITE);
refuses!(ListRefusals: ; READ);
refuses!(ShowRefusals: NotFound, HookUnknown; READ);
refuses!(ChangeRefusals: NotFound, HookUnknown; WRITE);

impl From<InvalidHook> for Error {
    fn from(invalid: InvalidHook) -> Self {
        Self::invalid(invalid.field, invalid.why)
    }
}

/// Make a webhook
///
/// It is told of what happens from now on. Its secret is only in this answer. Needs the right to manage everything: a webhook
/// hears of all clients and topics.
#[utoipa::path(
    post, path = "/api/hooks", tag = "hooks", request_body = HookRequest,
    responses(
        (
            status = 201, description = "Made, durably", body = NewHook,
            headers(("Location" = String, description = "The path of the webhook")),
        ),
        CreateRefusals,
    ),
)]
pub async fn create(
    State(state): State<AppState>,
    caller: Caller,
    doing: Doing,
    JsonBody(request): JsonBody<HookRequest>,
) -> Result<Response, Error> {
    doing.action("hook.create");
    check_access(&state, &caller)?;
    let config = HookConfig::parse(&HookTexts {
        url: request.url,
        name: request.name,
        events: request.events,
        clients: request.filter.clients,
        topics: request.filter.topics,
    })?;
    check_url(&state, &config)?;
    let secret = match (&request.secret, request.signing.as_deref()) {
        (Some(text), _) => HookSecret::parse(text).map_err(|why| Error::invalid("secret", why))?,
        (None, None | Some("hmac")) => new_secret(SecretKind::Hmac)?,
        (None, Some("ed25519")) => new_secret(SecretKind::Ed25519)?,
        (None, Some(_)) => return Err(Error::invalid("signing", "must be hmac or ed25519")),
    };
    let log = state.broker.log();
    if log.hooks().len() >= MOST {
        let detail = format!("there are {MOST} webhooks, and there may be no more");
        return Err(Error::new(Code::TooManyHooks, detail));
    }
    let id = new_id(log.now());
    doing.to(AuditTarget::Hook(id.as_str().into()));
    let text = secret.text();
    let create = HookChange::Create {
        id: id.clone(),
        config: config.to_stored(),
        kinds: config.kinds(),
        secrets: HiddenText(HookSecrets::new(secret).to_stored()),
    };
    log.change_hook(create).await?;
    let info = shown(&state, find(&state, &id)?).await?;
    let location = [(header::LOCATION, format!("/api/hooks/{id}"))];
    let hook = Json(NewHook { secret: text, info });
    Ok((StatusCode::CREATED, uncached(), location, hook).into_response())
}

/// List webhooks
///
/// All of them, newest first.
#[utoipa::path(
    get, path = "/api/hooks", tag = "hooks",
    responses((status = 200, description = "The webhooks", body = HooksList), ListRefusals),
)]
pub async fn list(State(state): State<AppState>, caller: Caller) -> Result<Json<HooksList>, Error> {
    check_access(&state, &caller)?;
    let found = state.broker.log().hooks();
    let hooks = off_thread(move || {
        let describe = |hook: &Arc<StoredHook>| describe::hook(&state, hook);
        found.iter().map(describe).collect::<Result<Vec<_>, _>>()
    });
    let hooks = hooks.await?;
    Ok(Json(HooksList { hooks }))
}

/// Show a webhook
#[utoipa::path(
    get, path = "/api/hooks/{id}", tag = "hooks",
    params(("id" = values::HookId, Path, description = "The id of the webhook")),
    responses((status = 200, description = "The webhook", body = HookInfo), ShowRefusals),
)]
pub async fn show(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<Json<HookInfo>, Error> {
    check_access(&state, &caller)?;
    let hook = find(&state, &id)?;
    Ok(Json(shown(&state, hook).await?))
}

/// Change a webhook
///
/// Its URL, its name, what it is told of, or whether it is paused. It goes on with the first event that it has not got.
#[utoipa::path(
    patch, path = "/api/hooks/{id}", tag = "hooks", request_body = HookUpdate,
    params(("id" = values::HookId, Path, description = "The id of the webhook")),
    responses((status = 200, description = "Changed, durably", body = HookInfo), ChangeRefusals),
)]
pub async fn update(
    State(state): State<AppState>,
    caller: Caller,
    doing: Doing,
    PathId(id): PathId,
    JsonBody(update): JsonBody<HookUpdate>,
) -> Result<Json<HookInfo>, Error> {
    doing.action("hook.update");
    let hook = changeable(&state, &caller, &doing, &id)?;
    let HookUpdate {
        url,
        name,
        events,
        filter,
        paused,
    } = update;
    let log = state.broker.log();
    if url.is_some() || name.is_some() || events.is_some() || filter.is_some() {
        // What can't be read is not kept.
        let mut texts = HookConfig::stored(&hook.config)
            .map(|config| config.texts())
            .unwrap_or_default();
        texts.url = url.unwrap_or(texts.url);
        texts.name = name.unwrap_or(texts.name);
        texts.events = events.unwrap_or(texts.events);
        if let Some(filter) = filter {
            (texts.clients, texts.topics) = (filter.clients, filter.topics);
        }
        let config = HookConfig::parse(&texts)?;
        check_url(&state, &config)?;
        let update = HookChange::Update {
            id: id.clone(),
            config: config.to_stored(),
            kinds: config.kinds(),
        };
        log.change_hook(update).await?;
    }
    if let Some(paused) = paused {
        let reason = paused.then(|| BY_HAND.to_owned());
        log.change_hook(HookChange::Pause(id.clone(), reason))
            .await?;
    }
    Ok(Json(shown(&state, find(&state, &id)?).await?))
}

/// Remove a webhook
///
/// Nothing more is sent to it, and what is known of its deliveries is removed.
#[utoipa::path(
    delete, path = "/api/hooks/{id}", tag = "hooks",
    params(("id" = values::HookId, Path, description = "The id of the webhook")),
    responses((status = 204, description = "Removed, durably"), ChangeRefusals),
)]
pub async fn remove(
    State(state): State<AppState>,
    caller: Caller,
    doing: Doing,
    PathId(id): PathId,
) -> Result<StatusCode, Error> {
    doing.action("hook.delete");
    changeable(&state, &caller, &doing, &id)?;
    state
        .broker
        .log()
        .change_hook(HookChange::Remove(id))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Give a webhook a new secret
///
/// The new secret is only in this answer. Requests are signed with both for `overlap` more seconds. A secret that was replaced
/// before does not sign any more.
#[utoipa::path(
    post, path = "/api/hooks/{id}/rotate", tag = "hooks", request_body = Rotation,
    params(("id" = values::HookId, Path, description = "The id of the webhook")),
    responses((status = 200, description = "Replaced, durably", body = NewHook), ChangeRefusals),
)]
pub async fn rotate(
    State(state): State<AppState>,
    caller: Caller,
    doing: Doing,
    PathId(id): PathId,
    JsonBody(rotation): JsonBody<Rotation>,
) -> Result<(HeaderMap, Json<NewHook>), Error> {
    doing.action("hook.rotate");
    let hook = changeable(&state, &caller, &doing, &id)?;
    let log = state.broker.log();
    let until = after(rotation.overlap.unwrap_or(OVERLAP), "overlap", log.now())?;
    let secrets = HookSecrets::stored(&hook.secrets.0);
    let kind = secrets.as_ref().map(|secrets| secrets.current.kind());
    let secret = new_secret(kind.unwrap_or_default())?;
    let text = secret.text();
    let secrets = match secrets {
        Ok(secrets) => secrets.rotated(secret, until),
        Err(_) => HookSecrets::new(secret),
    };
    let change = HookChange::Secrets(id.clone(), HiddenText(secrets.to_stored()));
    log.change_hook(change).await?;
    let info = shown(&state, find(&state, &id)?).await?;
    Ok((uncached(), Json(NewHook { secret: text, info })))
}

/// Send events again
///
/// Everything that the webhook wants and that happened since then is sent once more, as far as it is kept. The requests have
/// the same `webhook-id` as before.
#[utoipa::path(
    post, path = "/api/hooks/{id}/replay", tag = "hooks", request_body = HookReplay,
    params(("id" = values::HookId, Path, description = "The id of the webhook")),
    responses((status = 200, description = "It begins", body = HookInfo), ChangeRefusals),
)]
pub async fn replay(
    State(state): State<AppState>,
    caller: Caller,
    doing: Doing,
    PathId(id): PathId,
    JsonBody(replay): JsonBody<HookReplay>,
) -> Result<Json<HookInfo>, Error> {
    doing.action("hook.replay");
    changeable(&state, &caller, &doing, &id)?;
    let since = replay
        .since
        .ok_or_else(|| Error::invalid("since", "must be a time in milliseconds since 1970"))?;
    let change = HookChange::Replay(id.clone(), since);
    state.broker.log().change_hook(change).await?;
    Ok(Json(shown(&state, find(&state, &id)?).await?))
}

/// Only who may manage everything: what a hook hears is about everybody.
fn check_access(state: &AppState, caller: &Caller) -> Result<(), Error> {
    caller.check(state, Action::Manage, Target::Everything, None)
}

/// The hook with this id, if the caller may change it.
fn changeable(
    state: &AppState,
    caller: &Caller,
    doing: &Doing,
    id: &str,
) -> Result<Arc<StoredHook>, Error> {
    // What is no id may be long.
    let target = id.chars().take(MAX_ID).collect();
    doing.to(AuditTarget::Hook(target));
    check_access(state, caller)?;
    find(state, id)
}

fn find(state: &AppState, id: &str) -> Result<Arc<StoredHook>, Error> {
    state.broker.log().hook(id).ok_or_else(|| {
        let detail = "there is no webhook with this id: it never was there, or it was removed";
        Error::new(Code::HookUnknown, detail).field("id")
    })
}

/// A hook as JSON, read on a thread that may block.
async fn shown(state: &AppState, hook: Arc<StoredHook>) -> Result<HookInfo, Error> {
    let state = state.clone();
    off_thread(move || describe::hook(&state, &hook)).await
}

fn check_url(state: &AppState, config: &HookConfig) -> Result<(), Error> {
    let checked = state.hooks.check_url(&config.url);
    checked.map_err(|why| Error::invalid("url", why))
}

fn new_secret(kind: SecretKind) -> Result<HookSecret, Error> {
    HookSecret::random(kind).map_err(|error| {
        tracing::error!(%error, "no random bits for the secret of a webhook");
        Error::new(Code::Internal, "the server could not make a secret")
    })
}
