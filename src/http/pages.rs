//! The pages, their files, the documentation at `/docs`, and the API reference at `/docs/api`.
//!
//! The files are embedded in the program, already compressed. `cargo run -p xtask -- site` builds them.

mod accept;
mod asset;
mod manifest;
pub mod notice;
mod policy;
mod render;
mod site;
mod texts;

use super::{Code, Error};
use crate::{
    auth::{ConnectionInfo, Scheme},
    config::ProxySettings,
};
use app::{Assets, Language, ServerUrl};
use asset::Caching;
use axum::{
    Router,
    extract::{Path, Request},
    handler::Handler,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header, request::Parts},
    middleware,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use leptos::config::LeptosOptions;
use leptos_axum::{
    AxumRouteListing, LeptosRoutes, ResponseOptions, generate_route_list,
    render_app_to_stream_with_context,
};
use manifest::Manifest;
pub use site::embed;
use std::sync::Arc;

/// The routes of the pages and their files. They need no state of the server.
pub fn router<S>(proxy: &ProxySettings) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let manifest = Manifest::shared();
    let linked = manifest.clone();
    let base: Arc<str> = proxy.path().into();
    let docs_base = Arc::clone(&base);
    let below_docs = move |uri: &Uri| without_slash(&docs_base, uri);
    let without_slash = move |uri: Uri| {
        let redirect = without_slash(&base, &uri);
        async move { redirect }
    };
    let mut router = pages(manifest, proxy, without_slash.clone())
        .route("/docs/", get(without_slash))
        .route(
            "/docs",
            get(|headers: HeaderMap| async move { book_file("docs", &headers) }),
        )
        .route(
            "/docs/{*path}",
            get(move |uri: Uri, headers: HeaderMap| async move {
                match uri.path().ends_with('/') {
                    true => below_docs(&uri).into_response(),
                    false => book_file(uri.path().trim_start_matches('/'), &headers),
                }
            }),
        )
        .route(
            "/pkg/{*path}",
            get(move |path, headers| async move { package_file(&linked, path, &headers) }),
        )
        .route(
            "/favicon.ico",
            get(|headers: HeaderMap| async move { well_known_file("favicon.svg", &headers) }),
        );
    for name in asset::known_names() {
        router = router.route(
            &format!("/{name}"),
            get(move |headers: HeaderMap| async move { well_known_file(&name, &headers) }),
        );
    }
    router
}

/// The routes of the pages, as the app lists them.
fn pages<S, T>(
    manifest: &Manifest,
    proxy: &ProxySettings,
    without_slash: impl Handler<T, LeptosOptions>,
) -> Router<S>
where
    T: 'static,
    S: Clone + Send + Sync + 'static,
{
    let assets = assets(manifest, proxy);
    let shell = move || app::shell(assets.clone());
    let options = LeptosOptions::builder().output_name("app").build();
    let routes = generate_route_list(shell.clone());
    let mut router = Router::new();
    for path in routes.iter().map(AxumRouteListing::path) {
        if !path.ends_with('/') {
            router = router.route(&format!("{path}/"), get(without_slash.clone()));
        }
    }
    let rendered = Router::new()
        .leptos_routes_with_context(&options, routes, prepare_page(proxy), shell)
        .layer(middleware::from_fn(render::layer));
    router.merge(rendered).with_state(options)
}

/// The same page without the slash at the end of its path.
fn without_slash(base: &str, uri: &Uri) -> Redirect {
    let path = uri.path().trim_end_matches('/');
    match uri.query() {
        Some(query) => Redirect::permanent(&format!("{base}{path}?{query}")),
        None => Redirect::permanent(&format!("{base}{path}")),
    }
}

/// Whether a person sent this request with a browser, and not a program: it asks for HTML by name, and does not prefer
/// JSON.
pub fn is_for_people(method: &Method, headers: &HeaderMap) -> bool {
    matches!(*method, Method::GET | Method::HEAD) && accept::prefers_html(headers)
}

/// The page for addresses where there is nothing, with a link to the first page.
pub async fn missing(status: StatusCode, proxy: &ProxySettings, request: Request) -> Response {
    let manifest = Manifest::shared();
    let assets = assets(manifest, proxy);
    let prepare_page = prepare_page(proxy);
    let prepare = move || {
        prepare_page();
        if let Some(response) = leptos::context::use_context::<ResponseOptions>() {
            response.set_status(status);
        }
    };
    let render = render_app_to_stream_with_context(prepare, move || app::shell(assets.clone()));
    render::alone(render(request)).await
}

/// The files that all pages need, and where the pages are.
fn assets(manifest: &Manifest, proxy: &ProxySettings) -> Assets {
    Assets {
        base: format!("{}/", proxy.path()),
        public_url: proxy.public_url.as_ref().map(ToString::to_string),
        style: manifest.url("main.css"),
        boot: manifest.url("boot.js"),
        wasm: manifest.url("app_bg.wasm"),
        parts: manifest.parts(),
        texts: texts::prefix(),
        favicon: manifest.url("favicon.svg"),
    }
}

/// Sets the language, the URL and the headers of the page that is being rendered. Leptos passes data from the server to the
/// browser in inline scripts. The policy allows them by a nonce, which is new for each response.
fn prepare_page(proxy: &ProxySettings) -> impl Fn() + Clone + Send + Sync + 'static {
    let public_url = proxy.public_url.as_ref().map(ToString::to_string);
    move || {
        if let Some(request) = leptos::context::use_context::<Parts>() {
            leptos::context::provide_context(language_for(&request.headers));
            if let Some(url) = public_url.clone().or_else(|| asked_url(&request)) {
                leptos::context::provide_context(ServerUrl(url));
            }
        }
        set_headers();
    }
}

/// The scheme and the host of the request.
fn asked_url(request: &Parts) -> Option<String> {
    let info = request.extensions.get::<ConnectionInfo>()?;
    let scheme = match info.scheme {
        Scheme::Http => "http",
        Scheme::Https => "https",
    };
    let field = request.headers.get(header::HOST);
    let host = match field.and_then(|host| host.to_str().ok()) {
        Some(host) => host,
        // HTTP/2 has it in the URL.
        None => request.uri.authority()?.as_str(),
    };
    Some(format!("{scheme}://{host}"))
}

fn set_headers() {
    let language = leptos::context::use_context::<Language>().unwrap_or_default();
    let nonce = leptos::nonce::use_nonce();
    if let Some(response) = leptos::context::use_context::<ResponseOptions>() {
        for (name, value) in policy::of_page(nonce.as_deref()) {
            response.insert_header(name, value);
        }
        let tag = HeaderValue::from_static(language.tag());
        response.insert_header(header::CONTENT_LANGUAGE, tag);
        let vary = HeaderValue::from_static("accept-language, cookie");
        response.insert_header(header::VARY, vary);
    }
}

/// The language that the user chose, or else the one that the browser prefers.
fn language_for(headers: &HeaderMap) -> Language {
    let field = |name| {
        let value: Option<&HeaderValue> = headers.get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    Language::of_request(field(header::COOKIE), field(header::ACCEPT_LANGUAGE))
}

/// A file under `/pkg/`. If its name has the hash of its content, it may be cached for ever.
fn package_file(manifest: &Manifest, Path(path): Path<String>, headers: &HeaderMap) -> Response {
    let path = format!("pkg/{path}");
    if let Some(script) = manifest.boot_of_cargo_leptos(&path) {
        let kind = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
        return (kind, script).into_response();
    }
    let caching = match manifest.is_named_by_content(&path) {
        true => Caching::Forever,
        false => Caching::AskAgain,
    };
    texts::respond(&path, headers)
        .or_else(|| asset::respond(&path, caching, headers))
        .unwrap_or_else(nothing_here)
}

/// A page of the documentation, or a file that it shows or links to.
fn book_file(path: &str, headers: &HeaderMap) -> Response {
    let page = format!("{path}.html");
    let path = match asset::exists(&page) {
        true => page.as_str(),
        false => path,
    };
    asset::respond(path, Caching::AskAgain, headers).unwrap_or_else(nothing_here)
}

/// A file with a well-known name, such as `/robots.txt`.
fn well_known_file(name: &str, headers: &HeaderMap) -> Response {
    asset::respond(name, Caching::AskAgain, headers).unwrap_or_else(nothing_here)
}

fn nothing_here() -> Response {
    Error::new(Code::NotFound, "there is no such file").into_response()
}

#[cfg(test)]
mod tests;
