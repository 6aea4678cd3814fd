//! `/api/lists`: lists of clients and topics that a team pushes to again and again.

use std::collections::HashSet;

use app::wire::{ListInfo, ListRequest, SavedList, SavedLists};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};

use super::{Content, Kind, parse_name, to_stored};
use crate::{
    auth::{Action, Principal, Target},
    http::{
        AppState, Code, Error,
        access::Caller,
        audited::Doing,
        body::{JsonBody, PathId},
        openapi::{refuses, values},
        push::parse_topic,
    },
    log::{SavedHead, SavedItem, SavedKind},
    message::{ClientId, Topic},
};

/// The most clients of a list. The default of the most in one push.
const MOST_CLIENTS: usize = 10_000;

/// The most topics of a list. Each takes a push of its own.
const MOST_TOPICS: usize = 100;

const LISTS: Kind = Kind {
    kind: SavedKind::List,
    called: "list",
    unknown: Code::ListUnknown,
    create: "list.create",
    update: "list.update",
    delete: "list.delete",
};

refuses!(ListRefusals: ; READ);
refuses!(CreateRefusals: NameTaken, TooManySaved, ReservedTopic; WRITE);
refuses!(ShowRefusals: NotFound, ListUnknown, ClusterUnavailable; READ);
refuses!(ReplaceRefusals: NotFound, ListUnknown, NameTaken, ReservedTopic; WRITE);
refuses!(RemoveRefusals: NotFound, ListUnknown; WRITE);

/// The members of a list.
#[derive(Default, Serialize, Deserialize)]
struct Members {
    clients: Vec<String>,
    topics: Vec<String>,
}

/// How many members a list has.
#[derive(Default, Serialize, Deserialize)]
struct Counts {
    clients: u64,
    topics: u64,
}

/// List saved lists
///
/// All of them, by name, without their members. A caller that may push to some clients and topics only gets the lists of which it
/// may push to all members.
#[utoipa::path(
    get, path = "/api/lists", tag = "saved",
    responses((status = 200, description = "The lists", body = SavedLists), ListRefusals),
)]
pub async fn list(
    State(state): State<AppState>,
    Caller(principal, _): Caller,
) -> Result<Json<SavedLists>, Error> {
    let lists = LISTS.all(&state, move |broker, head| {
        if principal.permissions().is_some() {
            let found = broker.log().saved_item(SavedKind::List, &head.id)?;
            let members = found.map(|item| members(&item)).unwrap_or_default();
            if !may_use(&principal, &members) {
                return Ok(None);
            }
        }
        Ok(Some(info(head)))
    });
    let lists = lists.await?;
    Ok(Json(SavedLists { lists }))
}

/// Save a list
///
/// Clients and topics that belong together, under a name that no other list has. Everybody who may push to all of them may use,
/// change and remove it. There may be 500 lists.
#[utoipa::path(
    post, path = "/api/lists", tag = "saved", request_body = ListRequest,
    responses(
        (
            status = 201, description = "Saved, durably", body = SavedList,
            headers(("Location" = String, description = "The path of the list")),
        ),
        CreateRefusals,
    ),
)]
pub async fn create(
    State(state): State<AppState>,
    caller: Caller,
    doing: Doing,
    JsonBody(request): JsonBody<ListRequest>,
) -> Result<Response, Error> {
    doing.action(LISTS.create);
    let content = parse(&state, &caller, request)?;
    let item = LISTS.add(&state, &caller, &doing, content).await?;
    let location = [(header::LOCATION, format!("/api/lists/{}", item.head.id))];
    Ok((StatusCode::CREATED, location, Json(saved(item))).into_response())
}

/// Show a saved list
///
/// With its members.
#[utoipa::path(
    get, path = "/api/lists/{id}", tag = "saved",
    params(("id" = values::SavedId, Path, description = "The id of the list")),
    responses((status = 200, description = "The list", body = SavedList), ShowRefusals),
)]
pub async fn show(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<Json<SavedList>, Error> {
    Ok(Json(saved(usable(&state, &caller, &id).await?)))
}

/// Replace a saved list
///
/// Its name and its members.
#[utoipa::path(
    put, path = "/api/lists/{id}", tag = "saved", request_body = ListRequest,
    params(("id" = values::SavedId, Path, description = "The id of the list")),
    responses((status = 200, description = "Saved, durably", body = SavedList), ReplaceRefusals),
)]
pub async fn replace(
    State(state): State<AppState>,
    caller: Caller,
    doing: Doing,
    PathId(id): PathId,
    JsonBody(request): JsonBody<ListRequest>,
) -> Result<Json<SavedList>, Error> {
    doing.action(LISTS.update);
    LISTS.note(&doing, &id);
    usable(&state, &caller, &id).await?;
    let content = parse(&state, &caller, request)?;
    let item = LISTS.replace(&state, &caller, &id, content).await?;
    Ok(Json(saved(item)))
}

/// Remove a saved list
#[utoipa::path(
    delete, path = "/api/lists/{id}", tag = "saved",
    params(("id" = values::SavedId, Path, description = "The id of the list")),
    responses((status = 204, description = "Removed, durably"), RemoveRefusals),
)]
pub async fn remove(
    State(state): State<AppState>,
    caller: Caller,
    doing: Doing,
    PathId(id): PathId,
) -> Result<StatusCode, Error> {
    doing.action(LISTS.delete);
    LISTS.note(&doing, &id);
    usable(&state, &caller, &id).await?;
    LISTS.remove(&state, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A list, if the caller may push to all of its members. Whoever may not is told that it does not exist.
async fn usable(state: &AppState, caller: &Caller, id: &str) -> Result<SavedItem, Error> {
    let item = LISTS.find(state, id).await?;
    match may_use(&caller.0, &members(&item)) {
        true => Ok(item),
        false => Err(LISTS.unknown()),
    }
}

fn may_use(principal: &Principal, members: &Members) -> bool {
    let may = |target: Target<'_>| principal.may(Action::Push, target);
    let client = |id: &String| ClientId::parse(id).is_ok_and(|id| may(Target::Client(&id)));
    let topic = |name: &String| Topic::parse(name).is_ok_and(|name| may(Target::Topic(&name)));
    principal.permissions().is_none()
        || (members.clients.iter().all(client) && members.topics.iter().all(topic))
}

/// Checks a list. Nobody can save what they may not push to.
fn parse(state: &AppState, caller: &Caller, request: ListRequest) -> Result<Content, Error> {
    let name = parse_name(&request.name)?;
    let is_empty = request.clients.is_empty() && request.topics.is_empty();
    if is_empty {
        return Err(Error::invalid(
            "clients",
            "a list has at least one client or topic",
        ));
    }
    let at_most = |field: &str, count: usize, most: usize| match count > most {
        true => Err(Error::invalid(field, format!("must be at most {most}"))),
        false => Ok(()),
    };
    at_most("clients", request.clients.len(), MOST_CLIENTS)?;
    at_most("topics", request.topics.len(), MOST_TOPICS)?;
    let members = Members {
        clients: once(request.clients),
        topics: once(request.topics),
    };
    for (i, id) in members.clients.iter().enumerate() {
        let field = || format!("clients[{i}]");
        let id = ClientId::parse(id).map_err(|why| Error::invalid(field(), why))?;
        caller.check(state, Action::Push, Target::Client(&id), Some("clients"))?;
    }
    for (i, topic) in members.topics.iter().enumerate() {
        let topic = parse_topic(topic).map_err(|error| error.field(format!("topics[{i}]")))?;
        caller.check(state, Action::Push, Target::Topic(&topic), Some("topics"))?;
    }
    let counts = Counts {
        clients: members.clients.len() as u64,
        topics: members.topics.len() as u64,
    };
    Ok(Content {
        name,
        summary: to_stored(&counts),
        content: to_stored(&members),
    })
}

/// The names in their order, each once.
fn once(names: Vec<String>) -> Vec<String> {
    let mut known = HashSet::new();
    let is_new = |name: &String| known.insert(name.clone());
    names.into_iter().filter(is_new).collect()
}

/// The members of a list. None if they can't be read, which would need a file that was changed by hand.
fn members(item: &SavedItem) -> Members {
    serde_json::from_str(&item.content).unwrap_or_default()
}

fn info(head: SavedHead) -> ListInfo {
    let counts: Counts = serde_json::from_str(&head.summary).unwrap_or_default();
    ListInfo {
        id: head.id,
        name: head.name,
        clients: counts.clients,
        topics: counts.topics,
        made_by: head.made_by,
        made_at: head.made_at,
        changed_by: head.changed_by,
        changed_at: head.changed_at,
    }
}

fn saved(item: SavedItem) -> SavedList {
    let members = members(&item);
    let head = item.head;
    SavedList {
        id: head.id,
        name: head.name,
        clients: members.clients,
        topics: members.topics,
        made_by: head.made_by,
        made_at: head.made_at,
        changed_by: head.changed_by,
        changed_at: head.changed_at,
    }
}
