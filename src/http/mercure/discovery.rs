//! Says where the hub is, in the head of pages (RFC 8288).

use axum::{
    Router,
    http::{HeaderValue, header},
    middleware,
    response::Response,
};

use crate::config::{MERCURE_PATH, Settings};

/// The URL of the hub, without a host if that is not known.
pub fn hub(settings: &Settings) -> String {
    match settings.hub_url() {
        Some(url) => url.into(),
        None => MERCURE_PATH.to_owned(),
    }
}

/// The same pages. If the protocol is spoken, they say where.
pub fn advertised<S: Clone + Send + Sync + 'static>(
    pages: Router<S>,
    settings: &Settings,
) -> Router<S> {
    let link = format!("<{}>; rel=\"mercure\"", hub(settings));
    let link = HeaderValue::try_from(link).ok();
    let Some(link) = link.filter(|_| settings.mercure.is_on()) else {
        return pages;
    };
    pages.layer(middleware::map_response(move |response| {
        let link = link.clone();
        async move { with_link(response, link) }
    }))
}

/// Files that belong to a page need none.
fn with_link(mut response: Response, link: HeaderValue) -> Response {
    let content_type = response.headers().get(header::CONTENT_TYPE);
    let is_page = content_type.is_some_and(|value| value.as_bytes().starts_with(b"text/html"));
    if is_page {
        response.headers_mut().append(header::LINK, link);
    }
    response
}
