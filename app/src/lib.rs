//! Code that the server and the pages share: the JSON of the API, its typed client, and the pages.
//!
//! The server renders the frame of a page. The browser loads the data through the public API.

#[cfg(not(any(feature = "hydrate", feature = "ssr")))]
compile_error!("choose a side: feature `ssr` for the server and its tools, `hydrate` for browsers");

pub mod api;
mod browser;
mod browser_name;
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
mod live_tail;
mod message_history;
mod now;
mod outside_text;
mod pages;
mod parts;
mod progress_rate;
mod shell;
mod site_path;
pub mod topic_pattern;
mod treemap;
pub mod wire;

use components::{Footer, Header, Shortcuts};
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{
    Lazy,
    components::{FlatRoutes, Route, Router},
    path,
};

pub use browser::ServerUrl;
pub use browser_name::browser_name;
pub use i18n::Language;
use i18n::tr;
#[cfg(not(feature = "hydrate"))]
pub use i18n::{TextFile, problem_codes, text_files};
pub use shell::{Assets, shell};

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
                    <Route path=path!("/") view={Lazy::<pages::SubscriberRoute>::new()} />
                    <Route path=path!("/admin/:place?") view={Lazy::<pages::AdminRoute>::new()} />
                    <Route path=path!("/jobs/:id?") view={Lazy::<pages::JobsRoute>::new()} />
                    <Route path=path!("/try") view={Lazy::<pages::TryRoute>::new()} />
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

/// Hydrates the server-rendered page, after its parts and its texts are loaded. Says whether that worked.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub async fn hydrate() -> bool {
    // In the built site, panics have no messages (`xtask/src/site/panics.rs`).
    #[cfg(debug_assertions)]
    console_error_panic_hook::set_once();
    let path = browser::pathname();
    let loaded = pages::load(site_path::below_base(&path)).await;
    if loaded {
        leptos::mount::hydrate_body(App);
    }
    loaded
}
