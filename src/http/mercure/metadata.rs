//! `GET /.well-known/oauth-protected-resource/.well-known/mercure`: which tokens the hub takes (RFC 9728).

use axum::{Json, extract::State, http::header, response::IntoResponse};
use serde::Serialize;
use url::{Position, Url};

use crate::{
    auth::DETAIL_TYPE,
    config::{METADATA_PATH, Settings},
    http::{AppState, Error},
};

/// The document.
#[derive(Serialize)]
struct Metadata<'a> {
    resource: String,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    authorization_servers: &'a [String],
    bearer_methods_supported: [&'static str; 1],
    authorization_details_types_supported: [&'static str; 1],
    mercure_cookie: &'a str,
    mercure_matcher_types_supported: [&'static str; 2],
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    mercure_subscriptions: bool,
}

/// Where the document is, if the URL of the hub is known.
pub fn url(settings: &Settings) -> Option<String> {
    let hub = settings.hub_url()?;
    Some(format!("{}{}", &hub[..Position::BeforePath], path(&hub)))
}

/// Its path: the well-known one, followed by that of the hub.
pub fn path(hub: &Url) -> String {
    format!("{METADATA_PATH}{}", hub.path())
}

/// Answers the document.
pub async fn get(State(state): State<AppState>) -> Result<impl IntoResponse, Error> {
    let live = state.live.load_full();
    let mercure = &state.settings.mercure;
    let hub = state.settings.hub_url().ok_or_else(Error::internal)?;
    // Issuers whose keys are read from them. Others do not give tokens to clients.
    let servers = match live.jwt.jwks_url {
        Some(_) => &live.jwt.jwt_issuer[..],
        None => &[],
    };
    let document = Metadata {
        resource: hub.to_string(),
        authorization_servers: servers,
        bearer_methods_supported: ["header"],
        authorization_details_types_supported: [DETAIL_TYPE],
        mercure_cookie: &mercure.mercure_cookie,
        mercure_matcher_types_supported: ["exact", "urlpattern"],
        mercure_subscriptions: mercure.mercure_subscriptions,
    };
    let fresh = [(header::CACHE_CONTROL, "max-age=300")];
    Ok((fresh, Json(document)).into_response())
}
