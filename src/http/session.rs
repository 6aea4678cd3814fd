//! `/api/session`: signing in to the panel. The admin token, an API key, a name and a password, or an account of an issuer are
//! exchanged for a cookie that scripts can't read.

mod issuer_person;
mod oidc;
mod opening;

use std::{sync::Arc, time::Duration};

use app::wire::{Session, SignIn};
use axum::{
    Json,
    extract::{FromRef, State},
    http::{HeaderMap, HeaderValue, header, request::Parts},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Code, Error, audited::Doing, body::JsonBody, openapi::refuses};
use crate::{
    auth::{
        Action, Auth, Credentials, OwnCookie, Principal, RefusalKind, SESSION_LIFETIME, SignedIn,
        Target,
    },
    broker::Broker,
    config::Settings,
};
pub use opening::{is_familiar, refused, session_to_open};

/// The routes of `/api/session`.
pub fn router<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Arc<Auth>: FromRef<S>,
    Arc<Settings>: FromRef<S>,
    Arc<Broker>: FromRef<S>,
{
    OpenApiRouter::new()
        .routes(routes!(session, sign_in, sign_out))
        .routes(routes!(oidc::begin))
        .routes(routes!(oidc::finish))
}

refuses!(ShowRefusals: TooManyTries);
refuses!(SignInRefusals: Unauthorized, CodeNeeded, Forbidden, CrossSite, UnknownHost, TooManyTries; WRITE);
refuses!(SignOutRefusals: CrossSite, UnknownHost; WRITE);

/// Show who the caller is
#[utoipa::path(
    get,
    path = "/api/session",
    tag = "session",
    responses(
        (status = 200, body = Session, description = "What the caller may do"),
        ShowRefusals,
    )
)]
async fn session(State(auth): State<Arc<Auth>>, parts: Parts) -> Result<Answer, Error> {
    match auth.principal(&parts) {
        Ok(principal) => Ok(answer(&auth, Some(&principal), None)),
        Err(refusal) if refusal.kind == RefusalKind::TooManyTries => Err(refusal.into()),
        Err(_) => Ok(answer(&auth, None, None)),
    }
}

/// Sign in
///
/// Exchanges the name and the password of a person who may `read`, the admin token, or an API key that may `read`, for a
/// cookie that scripts can't read and that only pages of this server send. The session may do what the person or the key may
/// do, and ends with it. A session that the request came with is ended.
#[utoipa::path(
    post,
    path = "/api/session",
    tag = "session",
    request_body = SignIn,
    responses(
        (
            status = 200, body = Session, description = "Signed in",
            headers(("Set-Cookie" = String, description = "The session, for 12 hours. Not set if the server has no admin token")),
        ),
        SignInRefusals,
    )
)]
async fn sign_in(
    State(auth): State<Arc<Auth>>,
    State(broker): State<Arc<Broker>>,
    State(settings): State<Arc<Settings>>,
    doing: Doing,
    parts: Parts,
    JsonBody(shown): JsonBody<SignIn>,
) -> Result<Answer, Error> {
    doing.action("session.begin");
    let signed_in = match shown {
        SignIn {
            token: Some(token),
            name: None,
            password: None,
            code: None,
        } => auth.sign_in(&token, &parts),
        SignIn {
            token: None,
            name: Some(name),
            password: Some(password),
            code,
        } => {
            let familiar = is_familiar(&auth, &broker, &name, &parts);
            let shown = Credentials {
                name,
                password: password.into(),
                code,
            };
            let now = broker.log().now();
            auth.sign_in_person(shown, familiar, &parts, now).await
        }
        shown => return Err(incomplete(&shown)),
    };
    let SignedIn {
        principal,
        session,
        checked,
    } = signed_in.map_err(|error| refused(&auth, error))?;
    doing.by(&principal);
    let mut cookie = None;
    if let Some(session) = session {
        // The session of before must not go on beside this one: somebody else may have set its cookie.
        let before = auth.sessions_of(&parts);
        opening::open(&broker, &principal, &session, checked, &parts).await?;
        for digest in before {
            broker.log().close_session(digest).await?;
        }
        let set = OwnCookie::Session.set(&session.id, SESSION_LIFETIME, &parts, &settings.proxy);
        cookie = Some(set);
    }
    Ok(answer(&auth, Some(&principal), cookie))
}

/// The refusal of a body that has neither a token alone nor a name and a password.
fn incomplete(shown: &SignIn) -> Error {
    if let SignIn { token: Some(_), .. } = shown {
        let why = "stands alone: sign in with a token, or with name and password";
        return Error::invalid("token", why);
    }
    let field = match (&shown.name, &shown.password) {
        (None, None) => "token",
        (None, _) => "name",
        _ => "password",
    };
    let detail = "send a token, or a name and a password";
    Error::new(Code::MissingField, detail).field(field)
}

/// Sign out
///
/// Ends the session, for every copy of its cookie.
#[utoipa::path(
    delete,
    path = "/api/session",
    tag = "session",
    responses(
        (status = 200, body = Session, description = "Signed out"),
        SignOutRefusals,
    )
)]
async fn sign_out(
    State(auth): State<Arc<Auth>>,
    State(broker): State<Arc<Broker>>,
    State(settings): State<Arc<Settings>>,
    doing: Doing,
    parts: Parts,
) -> Result<Answer, Error> {
    let ended = auth.sign_out(&parts)?;
    if let (false, Ok(principal)) = (ended.is_empty(), auth.principal(&parts)) {
        doing.action("session.end");
        doing.by(&principal);
    }
    for digest in ended {
        broker.log().close_session(digest).await?;
    }
    if !auth.requires_token() {
        return Ok(answer(&auth, Some(&Principal::Machine), None));
    }
    let cookie = OwnCookie::Session.set("", Duration::ZERO, &parts, &settings.proxy);
    Ok(answer(&auth, None, Some(cookie)))
}

type Answer = (HeaderMap, Json<Session>);

fn answer(auth: &Auth, who: Option<&Principal>, cookie: Option<HeaderValue>) -> Answer {
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    let token_required = auth.requires_token();
    let person = match who {
        Some(Principal::Person(person)) => Some(person),
        _ => None,
    };
    let account = person.and_then(|person| person.account.as_ref());
    (
        headers,
        Json(Session {
            admin: who.is_some_and(|who| who.may(Action::Read, Target::Server)),
            token_required,
            name: who.map(|who| who.name().to_owned()),
            actions: who.map_or_else(Vec::new, |who| {
                let actions = who.actions();
                actions
                    .iter()
                    .map(|action| action.name().to_owned())
                    .collect()
            }),
            people: !auth.people().nobody_has_password(),
            person: person.map(|person| person.id.to_string()),
            issuer: account.map(|account| account.issuer.clone()),
            oidc: auth.oidc().map(|oidc| oidc.name().to_owned()),
        }),
    )
}
