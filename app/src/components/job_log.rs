//! The log of a job. It follows the end until the user scrolls up, and again after they scroll back to the end.

use leptos::{leptos_dom::helpers::document, prelude::*, web_sys::Element};

use crate::{
    components::{self, EraseView, on_click, static_text, when},
    i18n::tr,
    outside_text::visible,
};

/// The id of the scroll container.
const AREA: &str = "job-log";
/// Characters that are compared to detect lines added at the top.
const HEAD: usize = 80;
/// Distance from the end, in pixels, that counts as the end.
const NEAR: i32 = 8;

/// The log of a job.
#[component]
pub fn JobLog(
    /// The loaded lines as one text.
    text: RwSignal<String>,
    /// Whether the end is followed.
    followed: RwSignal<bool>,
    /// Whether older lines can be loaded.
    has_older: RwSignal<bool>,
    /// The text to show if there are no lines.
    nothing: Signal<Option<String>>,
    /// The text to show if lines were deleted.
    deleted_lines: Signal<Option<String>>,
    /// The user wants older lines.
    on_older: Callback<()>,
) -> impl IntoView {
    // Without an element for each hidden character: it may be long, and grows.
    let lines = components::text(move || text.with(|text| visible(text).into_owned()));
    let head = StoredValue::new(String::new());
    let from_end = StoredValue::new(0_u64);
    let top = StoredValue::new(0_u64);
    Effect::new(move || {
        let grew_above = text.with(|text| !text.starts_with(&head.get_value()));
        head.set_value(text.with_untracked(|text| text.chars().take(HEAD).collect()));
        if followed.get_untracked() {
            to_the_end();
        } else if grew_above && let Some(area) = area() {
            // Lines added at the top must not move the lines that are being read.
            area.set_scroll_top(area.scroll_height() - from_end.get_value() as i32);
        }
    });
    let scrolled = move |_| {
        let Some(area) = area() else { return };
        let rest = area.scroll_height() - area.scroll_top();
        from_end.set_value(rest.unsigned_abs().into());
        let is_there = rest - area.client_height() <= NEAR;
        let at = area.scroll_top().unsigned_abs().into();
        // New lines do not stop following; only scrolling up does.
        let went_up = at < top.get_value();
        top.set_value(at);
        if followed.get_untracked() != is_there && (is_there || went_up) {
            followed.set(is_there);
        }
    };
    let back_to_the_end = move || {
        followed.set(true);
        to_the_end();
    };
    let older = move || {
        view! {
            <button type="button" class="quiet small" on:click=on_click(move || on_older.run(()))>
                {tr(|t| t.job.older)}
            </button>
        }
        .erase_client_only()
    };
    let back = move || {
        view! {
            <button type="button" class="quiet small" on:click=on_click(back_to_the_end)>
                {tr(|t| t.job.to_the_end)}
            </button>
        }
        .erase_client_only()
    };
    view! {
        <section class="card" aria-labelledby="log">
            <div class="section-head">
                <h2 id="log">{tr(|t| t.job.log)}</h2>
                {when(move || has_older.get(), older)}
                {when(move || !followed.get(), back)}
            </div>
            <p class="hint">{deleted_lines}</p>
            <pre
                id=AREA
                class=static_text(move || if text.with(String::is_empty) { "job-log none" } else { "job-log" })
                role="log"
                aria-labelledby="log"
                tabindex="0"
                on:scroll=scrolled
            >
                {lines}
            </pre>
            <p class="nothing">{nothing}</p>
        </section>
    }
    .erase()
}

fn area() -> Option<Element> {
    document().get_element_by_id(AREA)
}

fn to_the_end() {
    if let Some(area) = area() {
        area.set_scroll_top(area.scroll_height());
    }
}
