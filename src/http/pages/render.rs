//! Renders each page from its beginning to its end on one thread, without another one between.
//!
//! Leptos keeps what belongs to a page in a place of the thread (`sandboxed-arenas` of `reactive_graph`), and looks there again after
//! it has waited. If another page was rendered there meanwhile, it panics, and so does what it then drops, which ends the server.

use std::{sync::LazyLock, thread::available_parallelism};

use axum::{
    body::Body,
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http_body_util::BodyExt;
use tokio::{runtime::Handle, sync::Semaphore};

use crate::http::{Error, state::off_thread};

/// Pages that are rendered at the same time. Each takes a few milliseconds of a processor.
static AT_ONCE: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(available_parallelism().map_or(1, usize::from)));

/// The layer of routes whose answers are pages.
pub async fn layer(request: Request, next: Next) -> Response {
    alone(next.run(request)).await
}

/// The answer that this renders, with its whole body.
pub async fn alone(render: impl Future<Output = Response> + Send + 'static) -> Response {
    // It is never closed.
    let _permit = AT_ONCE.acquire().await;
    let runtime = Handle::current();
    let rendered = off_thread(move || runtime.block_on(whole(render))).await;
    rendered.unwrap_or_else(IntoResponse::into_response)
}

async fn whole(render: impl Future<Output = Response>) -> Result<Response, Error> {
    let (parts, body) = render.await.into_parts();
    let body = body.collect().await.map_err(|error| {
        tracing::error!(%error, "a page can't be rendered");
        Error::internal()
    })?;
    Ok(Response::from_parts(parts, Body::from(body.to_bytes())))
}
