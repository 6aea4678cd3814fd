//! An address that leads nowhere.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::components::IntoPart;

/// Says so, and leads back.
#[component]
pub fn Missing() -> impl IntoView {
    view! {
        <Title text="Nothing here \u{b7} Tidings" />
        <div class="page-head">
            <h1>"There is nothing here"</h1>
        </div>
        <p>
            "The address may have a slip of the pen. " <a href="/">"Go to the first page"</a> "."
        </p>
    }
    .part()
}
