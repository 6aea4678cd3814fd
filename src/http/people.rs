//! `/api/people`: people who sign in with a name and a password, or with an account of an issuer.

mod describe;
pub mod parse;

use std::sync::Arc;

use app::wire::{PeoplePage, PersonInfo, PersonRequest, PersonUpdate};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{
    AppState, Code, Error,
    access::Caller,
    audited::Doing,
    body::{JsonBody, Pairs, PathId},
    keys::{self, check_changeable, check_within, new_id, permissions_of},
    openapi::{refuses, values},
};
use crate::{
    auth::Access,
    log::{AuditTarget, PersonChange, StoredPerson},
};
pub use describe::describe;
pub use parse::check_password;

/// The default number of people on a page.
const PAGE: u64 = 100;
/// The maximum number of people on a page.
const MAX_PAGE: u64 = 1_000;

/// How a person is called where somebody may not add or change one.
const PERSON: &str = "person";

refuses!(AddRefusals: AdminTokenNeeded, NameTaken, TooManyTries; WRITE);
refuses!(ListRefusals: );
refuses!(ShowRefusals: NotFound, PersonUnknown);
refuses!(UpdateRefusals: NotFound, PersonUnknown, NameTaken, TooManyTries; WRITE);
refuses!(RemoveRefusals: NotFound, PersonUnknown; WRITE);

/// Add a person
///
/// The person signs in to the panel with the name and the password. Nobody can add a person who may do more than they may do
/// themselves. People need an admin token to be configured.
#[utoipa::path(
    post, path = "/api/people", tag = "people", request_body = PersonRequest,
    responses(
        (
            status = 201, description = "Added, durably", body = PersonInfo,
            headers(("Location" = String, description = "The path of the person")),
        ),
        AddRefusals,
    ),
)]
pub async fn add(
    State(state): State<AppState>,
    caller: Caller,
    doing: Doing,
    JsonBody(request): JsonBody<PersonRequest>,
) -> Result<Response, Error> {
    doing.action("person.add");
    let auth = state.auth.load_full();
    if !auth.has_keys() {
        let detail = "people need an admin token: start the server with --admin-token (TIDINGS_ADMIN_TOKEN). Without one, it answers this machine only, and lets it do everything";
        return Err(Error::new(Code::AdminTokenNeeded, detail));
    }
    let name = parse::name(&request.name)?;
    check_password("password", &request.password, &request.name)?;
    let password = request.password.clone();
    let access = parse::access(request);
    check_within(&caller, &state, &permissions_of(&state, &access)?, PERSON)?;
    if auth.people().named(&name.shown).is_some() {
        return Err(taken(&name.shown));
    }
    let password = auth.hash(password.into()).await?;
    let id = new_id(state.broker.log().now());
    doing.to(AuditTarget::Person(id.as_str().into()));
    let shown = name.shown.clone();
    let add = PersonChange::Add {
        id: id.clone(),
        name,
        password,
        access: keys::stored(&access),
    };
    state.broker.log().change_person(add).await?;
    // Somebody else may have added the name in the meantime.
    let person = state
        .broker
        .log()
        .person(&id)
        .ok_or_else(|| taken(&shown))?;
    let location = [(header::LOCATION, format!("/api/people/{id}"))];
    let person = Json(describe(&state, &person));
    Ok((StatusCode::CREATED, location, person).into_response())
}

/// List people
///
/// One page, newest first; `next` of one page is `before` of the following.
#[utoipa::path(
    get, path = "/api/people", tag = "people",
    params(
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 1000, description = "People on one page; 100 by default"),
        ("before" = Option<values::KeyId>, Query, description = "Only people who were added before this one: `next` of the previous page"),
    ),
    responses((status = 200, description = "One page", body = PeoplePage), ListRefusals),
)]
pub async fn list(State(state): State<AppState>, pairs: Pairs) -> Result<Json<PeoplePage>, Error> {
    let limit = pairs.page_limit(PAGE, MAX_PAGE, "people")?;
    let before = pairs
        .get("before")
        .map(|id| keys::id(id, PERSON))
        .transpose()?;
    let found = state.broker.log().people(before, limit);
    let last = found.last().filter(|_| found.len() == limit);
    Ok(Json(PeoplePage {
        next: last.map(|last| last.id.to_string()),
        people: found
            .iter()
            .map(|person| describe(&state, person))
            .collect(),
    }))
}

/// Show a person
#[utoipa::path(
    get, path = "/api/people/{id}", tag = "people",
    params(("id" = values::KeyId, Path, description = "The id of the person")),
    responses((status = 200, description = "The person", body = PersonInfo), ShowRefusals),
)]
pub async fn show(
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Json<PersonInfo>, Error> {
    let person = find(&state, &id)?;
    Ok(Json(describe(&state, &person)))
}

/// Change a person
///
/// The name, what the person may do, the password, or whether there is a second factor. A new password ends the sessions of
/// the person. Their streams end if the person may do something else afterwards. The own password and the own second factor
/// are changed with `/api/account`, because the password of before is needed. A person who signs in at an issuer gets name and
/// role from there, and can only be removed.
#[utoipa::path(
    patch, path = "/api/people/{id}", tag = "people", request_body = PersonUpdate,
    params(("id" = values::KeyId, Path, description = "The id of the person")),
    responses((status = 200, description = "Changed, durably", body = PersonInfo), UpdateRefusals),
)]
pub async fn update(
    State(state): State<AppState>,
    caller: Caller,
    doing: Doing,
    PathId(id): PathId,
    JsonBody(update): JsonBody<PersonUpdate>,
) -> Result<Json<PersonInfo>, Error> {
    doing.action("person.update");
    let person = changeable(&state, &caller, &doing, &id)?;
    check_has_password(&person)?;
    parse::check_own(&update, caller.0.id() == &*person.id)?;
    let auth = state.auth.load_full();
    let log = state.broker.log();
    let name = match &update.name {
        Some(name) => parse::name(name)?,
        None => person.name.clone(),
    };
    let (password, totp) = (update.password.clone(), update.totp);
    if let Some(password) = &password {
        check_password("password", password, &name.shown)?;
    }
    let mut access = person.access.clone();
    if let Some(given) = parse::updated_access(&person.access, update) {
        check_within(&caller, &state, &permissions_of(&state, &given)?, PERSON)?;
        access = keys::stored(&given);
    }
    let password = match password {
        Some(password) => Some(auth.hash(password.into()).await?),
        None => None,
    };
    let wanted = name.clone();
    let (id, session) = (person.id.to_string(), None);
    let changed = PersonChange::Update {
        id: id.clone(),
        name,
        access,
    };
    log.change_person(changed).await?;
    if find(&state, &id)?.name != wanted {
        return Err(taken(&wanted.shown));
    }
    if let Some(password) = password {
        let id = id.clone();
        let change = PersonChange::Password {
            id,
            password,
            session,
        };
        log.change_person(change).await?;
    }
    if totp == Some(false) {
        let (id, totp) = (id.clone(), None);
        log.change_person(PersonChange::Totp { id, totp }).await?;
    }
    Ok(Json(describe(&state, &*find(&state, &id)?)))
}

/// Remove a person
///
/// The person can't sign in from now on. Their sessions end, and their streams within a second. Somebody who signs in at an issuer
/// can do that again, as long as the issuer lets them: remove them there first.
#[utoipa::path(
    delete, path = "/api/people/{id}", tag = "people",
    params(("id" = values::KeyId, Path, description = "The id of the person")),
    responses((status = 204, description = "Removed, durably"), RemoveRefusals),
)]
pub async fn remove(
    State(state): State<AppState>,
    caller: Caller,
    doing: Doing,
    PathId(id): PathId,
) -> Result<StatusCode, Error> {
    doing.action("person.remove");
    let person = changeable(&state, &caller, &doing, &id)?;
    let remove = PersonChange::Remove(person.id.to_string());
    state.broker.log().change_person(remove).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The person with this id, if the caller may change them.
fn changeable(
    state: &AppState,
    caller: &Caller,
    doing: &Doing,
    id: &str,
) -> Result<Arc<StoredPerson>, Error> {
    let person = find(state, id)?;
    doing.to(AuditTarget::Person((&*person.id).into()));
    check_changeable(caller, state, &person.access, PERSON)?;
    Ok(person)
}

/// A person by the id.
pub fn find(state: &AppState, id: &str) -> Result<Arc<StoredPerson>, Error> {
    state.broker.log().person(id).ok_or_else(|| {
        let detail = "there is no person with this id: they never were there, or were removed";
        Error::new(Code::PersonUnknown, detail).field("id")
    })
}

/// Refuses to change somebody who signs in at an issuer: the next sign-in would change it back.
pub fn check_has_password(person: &StoredPerson) -> Result<(), Error> {
    let access: Access = serde_json::from_str(&person.access).unwrap_or_default();
    let Some(account) = access.account else {
        return Ok(());
    };
    let detail = format!(
        "this person signs in at {}: the name, the role and what is needed to sign in are changed there",
        account.issuer
    );
    Err(Error::new(Code::Forbidden, detail))
}

fn taken(name: &str) -> Error {
    let detail = format!("another person has the name {name:?}: upper and lower case are the same");
    Error::new(Code::NameTaken, detail).field("name")
}
