//! `/api/session/oidc`: signing in to the panel with an account of an OpenID Connect issuer. The browser goes to the issuer and
//! comes back: both are pages for people.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};

use super::{
    issuer_person,
    opening::{self, refused},
};
use crate::{
    auth::{
        ATTEMPT_LIFETIME, Auth, Confirmed, OidcError, OidcSignInError, OwnCookie, SESSION_LIFETIME,
        SignedIn,
    },
    broker::Broker,
    config::Settings,
    http::{
        Code, Error,
        audited::Doing,
        body::Pairs,
        openapi::refuses,
        pages::{self, notice},
    },
};

refuses!(BeginRefusals: InvalidField, CrossSite, NotFound, IssuerUnavailable);
refuses!(FinishRefusals: Unauthorized, Forbidden, TooManyTries, NotFound, IssuerUnavailable; WRITE);

/// Begin to sign in with an account of the issuer
///
/// For browsers: redirects to the OpenID Connect issuer (`--oidc-issuer`), which sends the browser to
/// `/api/session/oidc/callback` afterwards. Browsers get errors as a page.
#[utoipa::path(
    get, path = "/api/session/oidc", tag = "session",
    params(("to" = Option<String>, Query, max_length = 512, description = "The page of the panel to go to afterwards, such as `/admin/keys`. Default: the one with the link, or the first one")),
    responses(
        (
            status = 303, description = "On to the issuer",
            headers(
                ("Location" = String, description = "A page of the issuer"),
                ("Set-Cookie" = String, description = "Binds the sign-in to this browser, for 10 minutes"),
            ),
        ),
        BeginRefusals,
    ),
)]
pub async fn begin(
    State(auth): State<Arc<Auth>>,
    State(broker): State<Arc<Broker>>,
    State(settings): State<Arc<Settings>>,
    parts: Parts,
    pairs: Pairs,
) -> Response {
    let begun = auth.begin_oidc(&parts, pairs.get("to"), broker.log().now());
    let begun = match begun.await {
        Ok(begun) => begun,
        Err(error) => return failure(&auth, &settings, &parts, failed(&auth, error)),
    };
    let Ok(location) = HeaderValue::try_from(begun.url) else {
        tracing::error!("the authorization_endpoint of the issuer is no URL");
        return failure(&auth, &settings, &parts, Error::internal());
    };
    let cookie = OwnCookie::SignIn.set(&begun.cookie, ATTEMPT_LIFETIME, &parts, &settings.proxy);
    let headers = [
        (header::LOCATION, location),
        (header::SET_COOKIE, cookie),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        // The page with the link is none of the issuer's business.
        (
            header::REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        ),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// Finish to sign in with an account of the issuer
///
/// For browsers that come back from the issuer. The account becomes a person with the role that its claims are mapped to. The
/// answer is a page that goes on to the panel. Browsers get errors as a page.
#[utoipa::path(
    get, path = "/api/session/oidc/callback", tag = "session",
    params(
        ("state" = Option<String>, Query, description = "Says which sign-in it is. It counts once, and only in the browser that has begun it"),
        ("code" = Option<String>, Query, description = "What the issuer exchanges for the account"),
        ("iss" = Option<String>, Query, description = "The issuer (RFC 9207)"),
        ("error" = Option<String>, Query, description = "Why the issuer says no"),
        ("error_description" = Option<String>, Query, description = "The same in words"),
    ),
    responses(
        (
            status = 200, description = "Signed in", content_type = "text/html", body = String,
            headers(("Set-Cookie" = String, description = "The session, for 12 hours")),
        ),
        FinishRefusals,
    ),
)]
pub async fn finish(
    State(auth): State<Arc<Auth>>,
    State(broker): State<Arc<Broker>>,
    State(settings): State<Arc<Settings>>,
    doing: Doing,
    parts: Parts,
    pairs: Pairs,
) -> Response {
    if auth.oidc().is_some() {
        doing.action("session.begin");
    }
    let signed_in = sign_in(&auth, &broker, &doing, &parts, &pairs).await;
    let mut response = match signed_in {
        Ok((session, to)) => {
            let to = format!("{}{to}", settings.proxy.path());
            let mut response = notice::go_on(&parts.headers, &settings.proxy, &to);
            let cookie =
                OwnCookie::Session.set(&session, SESSION_LIFETIME, &parts, &settings.proxy);
            response.headers_mut().append(header::SET_COOKIE, cookie);
            response
        }
        Err(error) => failure(&auth, &settings, &parts, error),
    };
    let ended = OwnCookie::SignIn.set("", Duration::ZERO, &parts, &settings.proxy);
    response.headers_mut().append(header::SET_COOKIE, ended);
    response
}

/// Opens a session. Returns its id, and where to go.
async fn sign_in(
    auth: &Auth,
    broker: &Broker,
    doing: &Doing,
    parts: &Parts,
    query: &Pairs,
) -> Result<(String, String), Error> {
    let confirmed = auth.finish_oidc(parts, query, broker.log().now()).await;
    let Confirmed {
        account,
        to,
        sessions_before,
    } = confirmed.map_err(|error| failed(auth, error))?;
    issuer_person::store(auth, broker, &account).await?;
    if let Err(why) = account.role {
        return Err(failed(auth, OidcSignInError::Refused(why.into())));
    }
    let signed_in = auth.sign_in_account(&account.id);
    let SignedIn {
        principal,
        session,
        checked,
    } = signed_in.map_err(|error| refused(auth, error))?;
    doing.by(&principal);
    let session = session.ok_or_else(Error::internal)?;
    opening::open(broker, &principal, &session, checked, parts).await?;
    for digest in sessions_before {
        broker.log().close_session(digest).await?;
    }
    Ok((session.id, to))
}

/// Why somebody could not sign in.
fn failed(auth: &Auth, error: OidcSignInError) -> Error {
    let text = error.to_string();
    match error {
        OidcSignInError::Refused(refusal) => {
            auth.count_failure(&refusal);
            refusal.into()
        }
        OidcSignInError::NotConfigured => Error::new(Code::NotFound, text),
        OidcSignInError::NoHost => Error::new(Code::InvalidRequest, text).field("Host"),
        OidcSignInError::Elsewhere => Error::invalid("to", text),
        OidcSignInError::Oidc(OidcError::NoRandomBits(error)) => {
            tracing::error!(%error, "no random bits for a sign-in");
            Error::internal()
        }
        OidcSignInError::Oidc(_) => Error::new(Code::IssuerUnavailable, text).retry_after(5),
    }
}

/// The error as a page for people, and as a problem document for programs.
fn failure(auth: &Auth, settings: &Settings, parts: &Parts, error: Error) -> Response {
    if !pages::is_for_people(&parts.method, &parts.headers) {
        return error.into_response();
    }
    let issuer = auth.oidc().map(|oidc| oidc.name());
    notice::not_signed_in(&parts.headers, &settings.proxy, issuer, error)
}
