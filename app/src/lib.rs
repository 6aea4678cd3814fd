//! What both sides of Tidings share: the JSON of the API, its typed client, and the pages.

#[cfg(not(any(feature = "hydrate", feature = "ssr")))]
compile_error!(
    "choose a side: feature `ssr` for the server and its tools, `hydrate` for the browser"
);

pub mod api;
pub mod event_parser;
pub mod wire;

use leptos::prelude::*;
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::{
    components::{Route, Router, Routes},
    path,
};

/// Where the files of a page are, as URLs on this server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assets {
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

/// The document around the pages.
pub fn shell(assets: Assets) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
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

/// The pages.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <main>
                <Routes fallback=|| "There is nothing here.">
                    <Route path=path!("/") view=Counter />
                    <Route path=path!("/admin") view=|| view! { <h1>"Admin"</h1> } />
                </Routes>
            </main>
        </Router>
    }
}

#[component]
fn Counter() -> impl IntoView {
    let count = RwSignal::new(0);
    view! {
        <h1>"Tidings"</h1>
        <button on:click=move |_| count.update(|n| *n += 1)>"Count " {count}</button>
    }
}

/// Makes the pages that the server rendered come alive.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(App);
}
