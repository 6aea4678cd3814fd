//! `/api/session`: signing in to the panel. The admin token or an API key is exchanged for a cookie that scripts can't read.

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
        Action, Auth, ConnectionInfo, NewSession, Principal, RefusalKind, SESSION_COOKIE,
        SESSION_LIFETIME, Scheme, Sender, SignInError, Target,
    },
    broker::Broker,
    config::{Host, ProxySettings, Settings},
};

/// The routes of `/api/session`.
pub fn router<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Arc<Auth>: FromRef<S>,
    Arc<Settings>: FromRef<S>,
    Arc<Broker>: FromRef<S>,
{
    OpenApiRouter::new().routes(routes!(session, sign_in, sign_out))
}

refuses!(ShowRefusals: TooManyTries);
refuses!(SignInRefusals: Unauthorized, Forbidden, CrossSite, UnknownHost, TooManyTries; WRITE);
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
/// Exchanges the admin token, or an API key that may `read`, for a cookie that scripts can't read and that only pages of
/// this server send. The session may do what the key may do, and ends with it.
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
    JsonBody(SignIn { token }): JsonBody<SignIn>,
) -> Result<Answer, Error> {
    doing.action("session.begin");
    let (principal, session) = auth.sign_in(&token, &parts).map_err(|error| match error {
        SignInError::Refused(refusal) => {
            auth.count_failure(&refusal);
            refusal.into()
        }
        SignInError::NoRandomBits(error) => {
            tracing::error!(%error, "no random bits for a session");
            Error::new(Code::Internal, "the server could not create a session")
        }
    })?;
    doing.by(&principal);
    let mut cookie = None;
    if let Some(NewSession { id, digest }) = session {
        let key = match &principal {
            Principal::Key(key) => Some(key.digest),
            _ => None,
        };
        let opened = broker.log().open_session(digest, SESSION_LIFETIME, key);
        opened.await?;
        cookie = Some(set_cookie(&id, SESSION_LIFETIME, &parts, &settings.proxy));
    }
    Ok(answer(&auth, Some(&principal), cookie))
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
    let cookie = set_cookie("", Duration::ZERO, &parts, &settings.proxy);
    Ok(answer(&auth, None, Some(cookie)))
}

type Answer = (HeaderMap, Json<Session>);

fn answer(auth: &Auth, who: Option<&Principal>, cookie: Option<HeaderValue>) -> Answer {
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    let token_required = auth.requires_token();
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
        }),
    )
}

/// The cookie. It is sent below the path of the public URL only, and only by HTTPS if the browser used it.
fn set_cookie(id: &str, lifetime: Duration, request: &Parts, proxy: &ProxySettings) -> HeaderValue {
    let secure = if is_https(request, proxy) {
        "; Secure"
    } else {
        ""
    };
    let path = match proxy.path() {
        "" => "/",
        path => path,
    };
    let seconds = lifetime.as_secs();
    let text = format!(
        "{SESSION_COOKIE}={id}; Path={path}; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}"
    );
    // Can't fail: the id is base64url.
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}

/// Whether the browser used HTTPS: a trusted proxy says it, or the connection is one, or the request is for the host of a
/// public URL with HTTPS.
fn is_https(request: &Parts, proxy: &ProxySettings) -> bool {
    let sender = request.extensions.get::<Sender>();
    if let Some(https) = sender.and_then(|sender| sender.https) {
        return https;
    }
    let info = request.extensions.get::<ConnectionInfo>();
    if info.is_some_and(|info| info.scheme == Scheme::Https) {
        return true;
    }
    // HTTP/2 names the host in `:authority`.
    let named = match request.uri.authority() {
        Some(authority) => Some(authority.as_str()),
        None => (request.headers.get(header::HOST)).and_then(|host| host.to_str().ok()),
    };
    let named = named.and_then(|host| host.parse::<Host>().ok());
    let at_public = |host: Host| {
        let public = proxy.public_url.as_ref();
        public.is_some_and(|url| url.is_https() && url.host() == &host)
    };
    named.is_some_and(at_public)
}
