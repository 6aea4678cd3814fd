//! `/api/account`: what a person who has signed in can do with their own password and second factor.

use std::sync::Arc;

use app::wire::{PasswordChange, PasswordProof, PersonInfo, TotpConfirmation, TotpSetup};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, header, request::Parts},
};

use super::{
    AppState, Code, Error,
    access::Caller,
    audited::Doing,
    body::JsonBody,
    keys::uncached,
    openapi::refuses,
    people::{self, check_has_password, check_password, describe},
    session::{refused, session_to_open},
};
use crate::{
    auth::{NewSession, OwnCookie, Principal, SESSION_LIFETIME, TotpSecret},
    log::{AuditTarget, PersonChange, StoredPerson},
};

refuses!(ShowRefusals: Unauthorized, Forbidden, CrossSite, UnknownHost, TooManyTries, PersonUnknown);
refuses!(ChangeRefusals: Unauthorized, Forbidden, CrossSite, UnknownHost, TooManyTries, PersonUnknown; WRITE);

/// Show the person who has signed in
#[utoipa::path(
    get, path = "/api/account", tag = "people",
    responses((status = 200, description = "The person", body = PersonInfo), ShowRefusals),
)]
pub async fn show(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<Json<PersonInfo>, Error> {
    let person = own(&state, &caller)?;
    Ok(Json(describe(&state, &person)))
}

/// Change the own password
///
/// Ends all sessions of the person, and opens a new one for this browser.
#[utoipa::path(
    post, path = "/api/account/password", tag = "people", request_body = PasswordChange,
    responses(
        (
            status = 200, description = "Changed, durably", body = PersonInfo,
            headers(("Set-Cookie" = String, description = "The new session, for 12 hours")),
        ),
        ChangeRefusals,
    ),
)]
pub async fn password(
    State(state): State<AppState>,
    caller: Caller,
    doing: Doing,
    parts: Parts,
    JsonBody(change): JsonBody<PasswordChange>,
) -> Result<(HeaderMap, Json<PersonInfo>), Error> {
    let person = changed(&state, &doing, "person.password", &caller)?;
    check_password("new_password", &change.new_password, &person.name.shown)?;
    prove(&state, &person, change.password, &parts).await?;
    let auth = state.auth.load_full();
    let log = state.broker.log();
    let session = auth.new_session().map_err(|error| refused(&auth, error))?;
    let NewSession { id: cookie, .. } = &session;
    let change = PersonChange::Password {
        id: person.id.to_string(),
        password: auth.hash(change.new_password.into()).await?,
        session: Some(session_to_open(log.now(), &session, &parts)),
    };
    log.change_person(change).await?;
    let mut headers = uncached();
    let proxy = &state.live.load_full().proxy;
    let cookie = OwnCookie::Session.set(cookie, SESSION_LIFETIME, &parts, proxy);
    headers.insert(header::SET_COOKIE, cookie);
    let person = people::find(&state, &person.id)?;
    Ok((headers, Json(describe(&state, &person))))
}

/// Make a secret for an own second factor
///
/// Changes nothing yet: the second factor is set up by `PUT` with a code of it. The secret is only in this answer.
#[utoipa::path(
    post, path = "/api/account/totp", tag = "people", request_body = PasswordProof,
    responses((status = 200, description = "A secret", body = TotpSetup), ChangeRefusals),
)]
pub async fn new_totp(
    State(state): State<AppState>,
    caller: Caller,
    parts: Parts,
    JsonBody(PasswordProof { password }): JsonBody<PasswordProof>,
) -> Result<(HeaderMap, Json<TotpSetup>), Error> {
    let person = own(&state, &caller)?;
    prove(&state, &person, password, &parts).await?;
    let secret = TotpSecret::random().map_err(|error| {
        tracing::error!(%error, "no random bits for a second factor");
        Error::internal()
    })?;
    let host = parts
        .headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let setup = TotpSetup {
        link: secret.link(&person.name.shown, host.unwrap_or_default()),
        secret: secret.text(),
    };
    Ok((uncached(), Json(setup)))
}

/// Set up the own second factor
///
/// From now on, signing in needs a code too. If the app for codes is lost, somebody who may `manage` can remove the second
/// factor.
#[utoipa::path(
    put, path = "/api/account/totp", tag = "people", request_body = TotpConfirmation,
    responses((status = 200, description = "Set up, durably", body = PersonInfo), ChangeRefusals),
)]
pub async fn confirm_totp(
    State(state): State<AppState>,
    caller: Caller,
    doing: Doing,
    parts: Parts,
    JsonBody(confirmation): JsonBody<TotpConfirmation>,
) -> Result<Json<PersonInfo>, Error> {
    let person = changed(&state, &doing, "person.totp", &caller)?;
    let secret = TotpSecret::parse(&confirmation.secret).ok_or_else(|| {
        let why = "must be a secret that POST /api/account/totp has answered";
        Error::invalid("secret", why)
    })?;
    prove(&state, &person, confirmation.password, &parts).await?;
    let now = state.broker.log().now();
    let totp = secret.confirmed(&confirmation.code, now).ok_or_else(|| {
        let why = "is not the code of this secret now: check the clock of the app";
        Error::invalid("code", why)
    })?;
    change_totp(&state, &person, Some(totp)).await
}

/// Remove the own second factor
#[utoipa::path(
    post, path = "/api/account/totp/remove", tag = "people", request_body = PasswordProof,
    responses((status = 200, description = "Removed, durably", body = PersonInfo), ChangeRefusals),
)]
pub async fn remove_totp(
    State(state): State<AppState>,
    caller: Caller,
    doing: Doing,
    parts: Parts,
    JsonBody(PasswordProof { password }): JsonBody<PasswordProof>,
) -> Result<Json<PersonInfo>, Error> {
    let person = changed(&state, &doing, "person.totp", &caller)?;
    prove(&state, &person, password, &parts).await?;
    change_totp(&state, &person, None).await
}

async fn change_totp(
    state: &AppState,
    person: &StoredPerson,
    totp: Option<crate::log::StoredTotp>,
) -> Result<Json<PersonInfo>, Error> {
    let id = person.id.to_string();
    let change = PersonChange::Totp { id, totp };
    state.broker.log().change_person(change).await?;
    Ok(Json(describe(state, &*people::find(state, &person.id)?)))
}

/// The person who has signed in and changes something of their own, for the audit trail too.
fn changed(
    state: &AppState,
    doing: &Doing,
    action: &'static str,
    caller: &Caller,
) -> Result<Arc<StoredPerson>, Error> {
    doing.action(action);
    let person = own(state, caller)?;
    doing.to(AuditTarget::Person((&*person.id).into()));
    Ok(person)
}

/// The person who has signed in.
fn own(state: &AppState, Caller(principal, _): &Caller) -> Result<Arc<StoredPerson>, Error> {
    match principal {
        Principal::Person(person) => people::find(state, &person.id),
        other => {
            let detail = format!(
                "this is for people who have signed in with a name and a password, and not for {}",
                other.name()
            );
            Err(Error::new(Code::Forbidden, detail))
        }
    }
}

/// Checks the password of a person who changes something of their own.
async fn prove(
    state: &AppState,
    person: &StoredPerson,
    password: String,
    parts: &Parts,
) -> Result<(), Error> {
    check_has_password(person)?;
    let auth = state.auth.load_full();
    let checked = auth.check_password(person, password.into(), parts).await;
    checked.map_err(|error| refused(&auth, error))
}
