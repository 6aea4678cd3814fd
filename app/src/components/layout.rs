//! What stands above and below every page.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::components::{IntoPart, note};

/// The name of the product and the way to its pages.
#[component]
pub fn Header() -> impl IntoView {
    let here = use_location().pathname;
    let current =
        move |path: &'static str| note(move || (here.get() == path).then(|| "page".to_owned()));
    view! {
        <header class="site-head">
            <div class="bar">
                <a href="/" class="brand">
                    <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
                        <rect class="brand-ground" width="32" height="32" rx="9" />
                        <circle class="brand-mark" cx="9.5" cy="22.5" r="2.6" />
                        <path class="brand-line" d="M9 14.5a8.5 8.5 0 0 1 8.5 8.5" />
                        <path class="brand-line" d="M9 8a15 15 0 0 1 15 15" />
                    </svg>
                    <span>"Tidings"</span>
                </a>
                <nav aria-label="Pages">
                    <a href="/" aria-current=current("/")>
                        "Listen"
                    </a>
                    <a href="/admin" aria-current=current("/admin")>
                        "Admin"
                    </a>
                    <a href="/docs" rel="external">
                        "API"
                    </a>
                </nav>
            </div>
        </header>
    }
    .part()
}

/// What this is, in a line.
#[component]
pub fn Footer() -> impl IntoView {
    view! {
        <footer class="site-foot">
            <p>"Tidings " {env!("CARGO_PKG_VERSION")} ", a self-hosted push server."</p>
        </footer>
    }
    .part()
}
