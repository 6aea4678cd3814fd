//! An address that leads nowhere.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    components::IntoPart,
    words::{say, words},
};

/// Says so, and leads back.
#[component]
pub fn Missing() -> impl IntoView {
    view! {
        <Title text=|| format!("{} \u{b7} Tidings", words().missing.title) />
        <div class="page-head">
            <h1>{say(|w| w.missing.heading)}</h1>
        </div>
        <p>
            {say(|w| w.missing.about)} " " <a href="/">{say(|w| w.missing.back)}</a>
        </p>
    }
    .part()
}
