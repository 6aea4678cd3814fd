//! The page for unknown URLs.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    components::EraseView,
    i18n::{texts, tr},
};

/// The page.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <Title text=|| format!("{} \u{b7} Tidings", texts().not_found.title) />
        <div class="page-head">
            <h1>{tr(|t| t.not_found.heading)}</h1>
        </div>
        <p>
            {tr(|t| t.not_found.about)} " " <a href="./">{tr(|t| t.not_found.back)}</a>
        </p>
    }
    .erase()
}
