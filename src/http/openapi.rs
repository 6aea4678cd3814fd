//! `/openapi.json`: the API as the code has it.

use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use super::AppState;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tidings",
        description = "A self-hosted push server. A page opens one EventSource and is told things as they happen.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    tags(
        (name = "push", description = "Telling clients"),
        (name = "messages", description = "Pushed messages and their delivery state"),
        (name = "streams", description = "Listening"),
        (name = "jobs", description = "Operations told step by step, with an end"),
        (name = "clients", description = "Who is connected"),
        (name = "session", description = "Signing in to the panel"),
        (name = "node", description = "How the node is"),
    ),
)]
struct Api;

/// A router that describes what is added to it.
pub fn described() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Api::openapi())
}
