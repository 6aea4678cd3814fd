//! `/api/sessions`: who is signed in.

use app::wire::{SessionInfo, SessionsList};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, request::Parts},
};

use super::{
    AppState, Code, Error,
    access::Caller,
    audited::Doing,
    body::PathId,
    keys::check_within,
    openapi::{refuses, values},
};
use crate::{
    auth::{Action, Auth, Permission, Principal, Target},
    log::{AuditTarget, Session, SessionDigest},
};

refuses!(ListRefusals: Unauthorized, Forbidden, CrossSite, UnknownHost, TooManyTries);
refuses!(EndRefusals: Unauthorized, Forbidden, CrossSite, UnknownHost, TooManyTries, NotFound, SessionUnknown; WRITE);

/// List open sessions
///
/// The own ones, and with the action `manage` those of everybody. Newest first, at most 1000: as many can be open.
#[utoipa::path(
    get, path = "/api/sessions", tag = "session",
    responses((status = 200, description = "The sessions", body = SessionsList), ListRefusals),
)]
pub async fn list(
    State(state): State<AppState>,
    Caller(caller, _): Caller,
    parts: Parts,
) -> Result<Json<SessionsList>, Error> {
    let auth = state.auth.load();
    let current = auth.session(&parts).map(|(digest, _)| digest);
    let mut sessions: Vec<SessionInfo> = visible(&state, &auth, &caller)
        .map(|open| open.describe(current))
        .collect();
    sessions.sort_by(|a, b| (b.opened_at, &b.id).cmp(&(a.opened_at, &a.id)));
    Ok(Json(SessionsList { sessions }))
}

/// End a session
///
/// An own one, or with the action `manage` one of somebody who may not do more than the caller. Its streams end within a
/// second.
#[utoipa::path(
    delete, path = "/api/sessions/{id}", tag = "session",
    params(("id" = values::SessionId, Path, description = "The id of the session")),
    responses((status = 204, description = "Ended, durably"), EndRefusals),
)]
pub async fn end(
    State(state): State<AppState>,
    caller: Caller,
    doing: Doing,
    PathId(id): PathId,
) -> Result<StatusCode, Error> {
    doing.action("session.end");
    let digest = {
        let auth = state.auth.load();
        let mut sessions = visible(&state, &auth, &caller.0);
        let open = sessions.find(|open| open.id() == id).ok_or_else(|| {
            let detail = "there is no session with this id: it has ended, or is of somebody else";
            Error::new(Code::SessionUnknown, detail).field("id")
        })?;
        if !is_own(&caller.0, &open.owner) {
            let all = [Permission::everything()];
            let permissions = open.owner.permissions().unwrap_or(&all);
            check_within(&caller, &state, permissions, "session")?;
        }
        if let Principal::Person(person) = &open.owner {
            doing.to(AuditTarget::Person((&*person.id).into()));
        }
        open.digest
    };
    state.broker.log().close_session(digest).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An open session and whose it is.
struct Open {
    digest: SessionDigest,
    session: std::sync::Arc<Session>,
    owner: Principal,
}

impl Open {
    /// The beginning of the hash is enough to tell sessions apart.
    fn id(&self) -> String {
        let bytes = self.digest.iter().take(16);
        bytes.map(|byte| format!("{byte:02x}")).collect()
    }

    fn describe(&self, current: Option<SessionDigest>) -> SessionInfo {
        let name = match &self.owner {
            Principal::Key(_) | Principal::Person(_) => self.owner.name(),
            _ => Principal::AdminToken.name(),
        };
        let person = match &self.owner {
            Principal::Person(person) => Some(person.id.to_string()),
            _ => None,
        };
        SessionInfo {
            id: self.id(),
            name: name.to_owned(),
            person,
            opened_at: self.session.opened_at,
            ends_at: self.session.ends_at,
            from: self.session.from.clone(),
            program: self.session.program.clone(),
            current: current == Some(self.digest),
        }
    }
}

/// The sessions that a caller may see.
fn visible(state: &AppState, auth: &Auth, caller: &Principal) -> impl Iterator<Item = Open> {
    let all = caller.may(Action::Manage, Target::Server);
    let sessions = state.broker.log().sessions().into_iter();
    sessions.filter_map(move |(digest, session)| {
        let owner = auth.owner_of(&session.by)?;
        (all || is_own(caller, &owner)).then_some(Open {
            digest,
            session,
            owner,
        })
    })
}

/// Whether a session is the caller's: of the same person, or of the same API key.
fn is_own(caller: &Principal, owner: &Principal) -> bool {
    match (caller, owner) {
        (Principal::Key(_), Principal::Key(_)) | (Principal::Person(_), Principal::Person(_)) => {
            caller.id() == owner.id()
        }
        (Principal::AdminToken | Principal::Session, Principal::Session) => true,
        _ => false,
    }
}
