//! `/api/templates`: messages that a team pushes again and again, without their audience.

use app::wire::{SavedTemplate, SavedTemplates, TemplateInfo, TemplateRequest};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};

use super::{Content, Kind, parse_name, to_stored};
use crate::{
    http::{
        AppState, Code, Error,
        access::Caller,
        audited::Doing,
        body::{JsonBody, PathId},
        openapi::{refuses, values},
        push::check_template,
    },
    log::{SavedHead, SavedItem, SavedKind},
};

const TEMPLATES: Kind = Kind {
    kind: SavedKind::Template,
    called: "template",
    unknown: Code::TemplateUnknown,
    create: "template.create",
    update: "template.update",
    delete: "template.delete",
};

refuses!(ListRefusals: ; READ);
refuses!(CreateRefusals: NameTaken, TooManySaved; WRITE);
refuses!(ShowRefusals: NotFound, TemplateUnknown, ClusterUnavailable, Internal; READ);
refuses!(ReplaceRefusals: NotFound, TemplateUnknown, NameTaken; WRITE);
refuses!(RemoveRefusals: NotFound, TemplateUnknown; WRITE);

/// What lists show of a template.
#[derive(Default, Serialize, Deserialize)]
struct Summary {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    event: Option<String>,
}

/// List templates
///
/// All of them, by name, without their data.
#[utoipa::path(
    get, path = "/api/templates", tag = "saved",
    responses((status = 200, description = "The templates", body = SavedTemplates), ListRefusals),
)]
pub async fn list(State(state): State<AppState>) -> Result<Json<SavedTemplates>, Error> {
    let templates = TEMPLATES
        .all(&state, |_, head| Ok(Some(info(head))))
        .await?;
    Ok(Json(SavedTemplates { templates }))
}

/// Save a template
///
/// A message without its audience, under a name that no other template has. Everybody who may push may use, change and remove
/// it. There may be 500 templates.
#[utoipa::path(
    post, path = "/api/templates", tag = "saved", request_body = TemplateRequest,
    responses(
        (
            status = 201, description = "Saved, durably", body = SavedTemplate,
            headers(("Location" = String, description = "The path of the template")),
        ),
        CreateRefusals,
    ),
)]
pub async fn create(
    State(state): State<AppState>,
    caller: Caller,
    doing: Doing,
    JsonBody(request): JsonBody<TemplateRequest>,
) -> Result<Response, Error> {
    doing.action(TEMPLATES.create);
    let content = parse(request)?;
    let item = TEMPLATES.add(&state, &caller, &doing, content).await?;
    let path = format!("/api/templates/{}", item.head.id);
    let location = [(header::LOCATION, path)];
    Ok((StatusCode::CREATED, location, Json(saved(item)?)).into_response())
}

/// Show a template
///
/// With its data.
#[utoipa::path(
    get, path = "/api/templates/{id}", tag = "saved",
    params(("id" = values::SavedId, Path, description = "The id of the template")),
    responses((status = 200, description = "The template", body = SavedTemplate), ShowRefusals),
)]
pub async fn show(
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Json<SavedTemplate>, Error> {
    saved(TEMPLATES.find(&state, &id).await?).map(Json)
}

/// Replace a template
///
/// Its name and all that it has.
#[utoipa::path(
    put, path = "/api/templates/{id}", tag = "saved", request_body = TemplateRequest,
    params(("id" = values::SavedId, Path, description = "The id of the template")),
    responses((status = 200, description = "Saved, durably", body = SavedTemplate), ReplaceRefusals),
)]
pub async fn replace(
    State(state): State<AppState>,
    caller: Caller,
    doing: Doing,
    PathId(id): PathId,
    JsonBody(request): JsonBody<TemplateRequest>,
) -> Result<Json<SavedTemplate>, Error> {
    doing.action(TEMPLATES.update);
    TEMPLATES.note(&doing, &id);
    let content = parse(request)?;
    TEMPLATES.find(&state, &id).await?;
    let item = TEMPLATES.replace(&state, &caller, &id, content).await?;
    saved(item).map(Json)
}

/// Remove a template
#[utoipa::path(
    delete, path = "/api/templates/{id}", tag = "saved",
    params(("id" = values::SavedId, Path, description = "The id of the template")),
    responses((status = 204, description = "Removed, durably"), RemoveRefusals),
)]
pub async fn remove(
    State(state): State<AppState>,
    doing: Doing,
    PathId(id): PathId,
) -> Result<StatusCode, Error> {
    doing.action(TEMPLATES.delete);
    TEMPLATES.note(&doing, &id);
    TEMPLATES.find(&state, &id).await?;
    TEMPLATES.remove(&state, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Checks a template as a push would be checked.
fn parse(request: TemplateRequest) -> Result<Content, Error> {
    let name = parse_name(&request.name)?;
    check_template(&request)?;
    let summary = Summary {
        event: request.event.clone(),
    };
    Ok(Content {
        summary: to_stored(&summary),
        content: to_stored(&TemplateRequest {
            name: name.clone(),
            ..request
        }),
        name,
    })
}

fn info(head: SavedHead) -> TemplateInfo {
    let summary: Summary = serde_json::from_str(&head.summary).unwrap_or_default();
    TemplateInfo {
        id: head.id,
        name: head.name,
        event: summary.event,
        made_by: head.made_by,
        made_at: head.made_at,
        changed_by: head.changed_by,
        changed_at: head.changed_at,
    }
}

fn saved(item: SavedItem) -> Result<SavedTemplate, Error> {
    let template = serde_json::from_str(&item.content).map_err(|error| {
        tracing::error!(%error, "a template can't be read");
        Error::internal()
    })?;
    let head = item.head;
    Ok(SavedTemplate {
        id: head.id,
        template,
        made_by: head.made_by,
        made_at: head.made_at,
        changed_by: head.changed_by,
        changed_at: head.changed_at,
    })
}
