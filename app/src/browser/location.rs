//! Where the pages are.

use leptos::{
    leptos_dom::helpers::{document, window},
    wasm_bindgen::JsValue,
};

use super::{Listener, root_attribute};
use crate::site_path::below_base;

/// The URL below which the pages are, as the browser reached it: `<base>`. It ends with a slash.
pub(crate) fn base_url() -> String {
    document().base_uri().ok().flatten().unwrap_or_default()
}

/// The path of the URL.
#[cfg(feature = "hydrate")]
pub(crate) fn pathname() -> String {
    window().location().pathname().unwrap_or_default()
}

/// The path of [`base_url`], without the slash at its end: empty where the server has a host of its own.
#[cfg(feature = "hydrate")]
pub(crate) fn base_path() -> String {
    let origin = window().location().origin().unwrap_or_default();
    let path = base_url().split_off(origin.len());
    path.trim_end_matches('/').to_owned()
}

/// The server renders pages below `/`, whatever is before it in the browser.
#[cfg(not(feature = "hydrate"))]
pub(crate) fn base_path() -> String {
    String::new()
}

/// The URL of the server as a browser has asked for it, without a slash at its end: a context of pages that the server
/// renders.
#[derive(Clone, Debug)]
pub struct ServerUrl(pub String);

/// What the server renders for [`server_url`], so that the page is not painted anew when it gets alive.
#[cfg(not(feature = "hydrate"))]
pub(crate) fn rendered_server_url() -> String {
    leptos::prelude::use_context::<ServerUrl>().map_or_else(String::new, |ServerUrl(url)| url)
}

/// In the browser the page begins with what the server has rendered.
#[cfg(feature = "hydrate")]
pub(crate) fn rendered_server_url() -> String {
    String::new()
}

/// The URL at which others find the server, without a slash at its end: `--public-url`, or else what the browser used.
pub(crate) fn server_url() -> String {
    root_attribute("data-url").unwrap_or_else(|| base_url().trim_end_matches('/').to_owned())
}

/// Adds an entry to the history of the browser, with the URL of this page.
pub(crate) fn repeat_url() {
    if let Ok(history) = window().history() {
        let state = history.state().unwrap_or(JsValue::NULL);
        let _ = history.push_state(&state, "");
    }
}

/// Goes back in the history of the browser.
pub(crate) fn go_back() {
    if let Ok(history) = window().history() {
        let _ = history.back();
    }
}

/// Calls `then` whenever the browser has gone back or forward. It gets the query of the URL, with its question mark.
pub(crate) fn on_back(then: impl Fn(&str) + 'static) -> Listener {
    let query = || window().location().search().unwrap_or_default();
    Listener::new(window().into(), "popstate", move |_| then(&query()))
}

/// Replaces the URL of this page without navigation, if the page is still at `path`, below the URL of the server.
pub(crate) fn replace_url(path: &str, address: &str) {
    let window = window();
    if window
        .location()
        .pathname()
        .is_ok_and(|now| below_base(&now) == path)
        && let Ok(history) = window.history()
    {
        let state = history.state().unwrap_or(JsValue::NULL);
        let _ = history.replace_state_with_url(&state, "", Some(address));
    }
}
