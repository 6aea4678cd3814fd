//! A button that copies a text and says so.

use leptos::{prelude::*, task::spawn_local};

use crate::{
    browser::{self, Timer},
    components::{EraseView, on_click, static_text},
    i18n::texts,
};

/// For so many milliseconds the button says what came of it.
const SAYS_SO: f64 = 2_000.0;

/// Copies `text` to the clipboard.
#[component]
pub fn CopyButton(
    /// What to copy.
    #[prop(into)]
    text: Signal<String>,
    /// What it is called, for those who can't see what it stands beside.
    what: Signal<&'static str>,
    /// What the button says, where that is not *Copy*.
    #[prop(optional_no_strip)]
    label: Option<Signal<&'static str>>,
) -> impl IntoView {
    let outcome = RwSignal::new(None::<bool>);
    let timer = StoredValue::new_local(None::<Timer>);
    let copy = on_click(move || {
        spawn_local(async move {
            let done = browser::copy(text.get_untracked()).await;
            outcome.try_set(Some(done));
            let forget = Timer::after(SAYS_SO, move || {
                outcome.try_set(None);
            });
            timer.try_set_value(Some(forget));
        });
    });
    let said = static_text(move || match outcome.get() {
        None => label.map_or(texts().copying.copy, |label| label.get()),
        Some(true) => texts().copying.copied,
        Some(false) => texts().copying.not_allowed,
    });
    view! {
        <button type="button" class="quiet small copy" on:click=copy>
            <span aria-live="polite">{said}</span>
            <span class="unseen">" " {what}</span>
        </button>
    }
    .erase()
}
