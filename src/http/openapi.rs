//! `/openapi.json`: the description of the API.
//!
//! Each handler describes itself by an attribute. What many routes have in common is added here: the ways in which a
//! request can be refused, the credentials, and the limits of the settings.

mod keys;
mod limits;
mod parameters;
mod refusals;

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use utoipa::{
    OpenApi as _,
    openapi::{
        OpenApi, PathItem, Server,
        path::Operation,
        security::{
            ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
        },
    },
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{AppState, Code};
use crate::{
    auth::{Action, OwnCookie},
    config::Settings,
};
pub use app::wire::values;
pub use parameters::{
    AuditFormat, ClientOrder, ClientState, Envelope, ExportFormat, MessageAudience,
};
pub(super) use refusals::refuses;
pub use refusals::{READ, WRITE, responses};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Tidings",
        description = "A self-hosted push server. Pages receive messages by an EventSource.\n\nA request that is refused is answered by a problem document (RFC 9457) with a stable `code`. A path that is not listed here is answered by 404 `not_found`, and a method that is not listed by 405 `method_not_allowed` with the header field `Allow`. Unknown parameters of a query are ignored, and unknown fields of a JSON body are refused.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    tags(
        (name = "push", description = "Push messages"),
        (name = "scheduled", description = "Messages that are to be pushed later"),
        (name = "saved", description = "Lists of recipients and templates of messages, shared by a team"),
        (name = "messages", description = "Pushed messages and their delivery"),
        (name = "streams", description = "Receive messages"),
        (name = "jobs", description = "Operations that report their progress until they end"),
        (name = "clients", description = "Connected clients and their topics"),
        (name = "keys", description = "API keys and roles"),
        (name = "hooks", description = "Webhooks: a back end is told what happened"),
        (name = "audit", description = "Who did what"),
        (name = "people", description = "People who sign in with a name and a password"),
        (name = "session", description = "Sign in to the admin panel, and who is signed in"),
        (name = "node", description = "State of the server"),
    ),
    components(schemas(
        app::wire::Problem,
        app::wire::JobState,
        AuditFormat,
        ExportFormat,
        ClientOrder,
        ClientState,
        Envelope,
        MessageAudience,
        values::ClientId,
        values::ClientPattern,
        values::Action,
        values::KeyName,
        values::KeyId,
        values::KeyLifetime,
        values::PersonName,
        values::Password,
        values::Removed,
        values::SessionId,
        values::Topic,
        values::TopicFilter,
        values::Cursor,
        values::StreamStart,
        values::EventType,
        values::IdempotencyKey,
        values::TokenId,
        values::JobTitle,
        values::JobLines,
        values::JobId,
        values::Number,
        values::PositiveNumber,
        values::TimeToLive,
        values::JobTimeout,
        values::EndedState,
        values::HookId,
        values::SavedId,
        values::SavedName,
        values::HookEventId,
        values::ScheduleId,
        values::SchedulePlace,
    )),
)]
struct Api;

/// The names of the ways to show who the caller is: a token in a header, which is the admin token or an API key, and a
/// session.
const TOKEN: &str = "token";
const SESSION: &str = "session";

/// A router that describes what is added to it.
pub fn described() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Api::openapi())
}

/// Adds what all routes of this router have in common: they are for callers that may do this action.
pub fn guarded(
    mut router: OpenApiRouter<AppState>,
    action: Action,
    settings: &Settings,
) -> OpenApiRouter<AppState> {
    let codes = [
        Code::Unauthorized,
        Code::Forbidden,
        Code::CrossSite,
        Code::UnknownHost,
        Code::TooManyTries,
    ];
    let paths = router.get_openapi_mut().paths.paths.values_mut();
    for (_, operation) in paths.flat_map(operations) {
        refusals::add(operation, &codes);
        let needed = format!("Needs the action `{}`.", action.name());
        operation.description = Some(match operation.description.take() {
            Some(text) => format!("{text}\n\n{needed}"),
            None => needed,
        });
    }
    secured(router, settings)
}

/// Says of all routes of this router that they need a token or a session.
pub fn secured(
    mut router: OpenApiRouter<AppState>,
    settings: &Settings,
) -> OpenApiRouter<AppState> {
    let paths = router.get_openapi_mut().paths.paths.values_mut();
    for (_, operation) in paths.flat_map(operations) {
        if settings.admin_token.is_some() {
            operation.security = Some(vec![
                SecurityRequirement::new::<_, _, String>(TOKEN, []),
                SecurityRequirement::new::<_, _, String>(SESSION, []),
            ]);
        }
    }
    router
}

/// The route of the description itself. `api` describes all others.
pub fn router(mut api: OpenApi, settings: &Settings) -> Router<AppState> {
    let (router, own) = OpenApiRouter::new().routes(routes!(show)).split_for_parts();
    api.merge(own);
    router.with_state(Document::new(api, settings))
}

/// Show this description
#[utoipa::path(
    get, path = "/openapi.json", tag = "node",
    responses((status = 200, description = "The description (OpenAPI 3.1)", body = Object)),
)]
async fn show(State(Document(json)): State<Document>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], json).into_response()
}

/// The description of the API as JSON.
#[derive(Clone)]
struct Document(Bytes);

impl Document {
    /// Completes the description by what routes have in common and what depends on the settings.
    fn new(mut api: OpenApi, settings: &Settings) -> Self {
        let mut components = api.components.take().unwrap_or_default();
        for (path, item) in &mut api.paths.paths {
            let name = path.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
            for (method, operation) in operations(item) {
                operation.operation_id = Some(format!("{method}{}", name.trim_end_matches('_')));
                refusals::complete(operation, &mut components);
            }
        }
        refusals::list_codes(&mut components);
        if settings.admin_token.is_some() {
            let token = Http::new(HttpAuthScheme::Bearer);
            components.add_security_scheme(TOKEN, SecurityScheme::Http(token));
            let cookie = ApiKey::Cookie(ApiKeyValue::new(OwnCookie::Session.plain_name()));
            components.add_security_scheme(SESSION, SecurityScheme::ApiKey(cookie));
        }
        api.components = Some(components);
        api.servers = servers(settings);
        limits::add(&mut api, &settings.limits);
        keys::add(&mut api, settings);
        // Can't fail: the description has only texts and numbers.
        Self(serde_json::to_vec(&api).unwrap_or_default().into())
    }
}

/// Where the API is: at the public URL, and at the host that this description came from. By default only the latter.
fn servers(settings: &Settings) -> Option<Vec<Server>> {
    let public = settings.proxy.public_url.as_ref()?;
    let here = match public.path() {
        "" => "/",
        path => path,
    };
    Some(vec![Server::new(public.to_string()), Server::new(here)])
}

/// The operations of a path, with the names of their methods.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let methods = [
        ("get", &mut item.get),
        ("post", &mut item.post),
        ("put", &mut item.put),
        ("patch", &mut item.patch),
        ("delete", &mut item.delete),
    ];
    let operation = |(name, operation): (_, Option<_>)| Some((name, operation?));
    let methods = methods.map(|(name, operation)| (name, operation.as_mut()));
    methods.into_iter().filter_map(operation)
}
