//! A button that copies a text and shows the result.

use leptos::{prelude::*, task::spawn_local};

use crate::{
    browser::{self, Timer},
    components::{EraseView, on_click, static_text},
    i18n::texts,
};

/// Milliseconds for which the button shows the result.
const SAYS_SO: f64 = 2_000.0;

/// Copies `text` to the clipboard.
#[component]
pub fn CopyButton(
    /// The text to copy.
    #[prop(into)]
    text: Signal<String>,
    /// The name of the text, for screen readers.
    what: Signal<&'static str>,
    /// The label of the button; none: *Copy*.
    #[prop(optional_no_strip)]
    label: Option<Signal<&'static str>>,
) -> impl IntoView {
    let outcome = RwSignal::new(None::<bool>);
    let timer = StoredValue::new_local(None::<Timer>);
    let copy = on_click(move || {
        spawn_local(async move {
            let done = browser::copy(text.get_untracked()).await;
            outcome.try_set(Some(done));
            let reset = Timer::after(SAYS_SO, move || {
                outcome.try_set(None);
            });
            timer.try_set_value(Some(reset));
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
