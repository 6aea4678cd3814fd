//! Code that the server and the pages share: the JSON of the API, its typed client, and the pages.
//!
//! The server renders the frame of a page. The browser loads the data through the public API.

#[cfg(not(any(feature = "hydrate", feature = "ssr")))]
compile_error!("choose a side: feature `ssr` for the server and its tools, `hydrate` for browsers");

pub mod api;
mod browser;
mod client_list;
mod components;
mod curl;
mod cursor;
mod erased_signal;
pub mod event_parser;
mod event_stream;
mod formatting;
mod i18n;
mod inbox;
mod job_lines;
mod json;
mod message_history;
mod pages;
mod progress_rate;
mod site_path;
pub mod wire;

use components::{Footer, Header, Shortcuts};
use leptos::prelude::*;
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::{
    components::{FlatRoutes, Route, Router},
    path,
};

pub use i18n::Language;
use i18n::{language, texts, tr};

/// Where a page and its files are. The URLs of files are below [`Assets::base`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assets {
    /// The path below which the pages are in the browser: it begins and ends with a slash.
    pub base: String,
    /// The URL at which users find the server, if it is set.
    pub public_url: Option<String>,
    /// The style sheet.
    pub style: String,
    /// The module that starts the pages.
    pub boot: String,
    /// The bindings that it imports.
    pub script: String,
    /// The pages, compiled.
    pub wasm: String,
    /// The icon of the tab.
    pub favicon: String,
}

/// The HTML document, in the [`Language`] that is provided as a context. It has no inline script or style, so the
/// Content-Security-Policy does not have to allow any.
pub fn shell(assets: Assets) -> impl IntoView + 'static {
    view! {
        <!DOCTYPE html>
        <html lang=language().tag() data-url=assets.public_url>
            <head>
                <base href=assets.base />
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta
                    name="description"
                    content=texts().shell.description
                />
                <link rel="icon" href=assets.favicon />
                <link rel="stylesheet" href=assets.style />
                <link rel="modulepreload" href=assets.script />
                <link
                    rel="preload"
                    href=assets.wasm
                    r#as="fetch"
                    r#type="application/wasm"
                    crossorigin="anonymous"
                />
                <script type="module" src=assets.boot></script>
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// The routes.
#[component]
pub fn App() -> impl IntoView {
    i18n::init_language();
    provide_meta_context();
    view! {
        <Router base=browser::base_path()>
            // Without the handler, the link would lead to the first page: URLs are below <base>.
            <a class="skip" href="#main" on:click=skip>
                {tr(|t| t.shell.skip)}
            </a>
            <Header />
            <main id="main" tabindex="-1">
                <noscript>
                    <p class="notice bad">{tr(|t| t.shell.no_script)}</p>
                </noscript>
                <FlatRoutes fallback=pages::NotFound>
                    <Route path=path!("/") view=pages::Subscriber />
                    <Route path=path!("/admin/:place?") view=pages::Admin />
                    <Route path=path!("/jobs/:id?") view=pages::Jobs />
                    <Route path=path!("/try") view=pages::TryIt />
                </FlatRoutes>
            </main>
            <Footer />
            <Shortcuts />
        </Router>
    }
}

/// Focuses the content of the page.
fn skip(event: leptos::ev::MouseEvent) {
    event.prevent_default();
    browser::focus("main");
}

/// Hydrates the server-rendered pages.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(App);
}
