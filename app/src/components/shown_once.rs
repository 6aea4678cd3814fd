//! A secret that was just made. It is not shown again.

use leptos::prelude::*;

use super::{CopyButton, EraseView, on_click};
use crate::i18n::{Texts, tr};

/// The secret with a button that copies it, and what is said about it. `name`: what the secret is called.
pub(crate) fn shown_once(
    said: Signal<String>,
    secret: Signal<String>,
    name: fn(&Texts) -> &'static str,
    on_done: Callback<()>,
) -> AnyView {
    view! {
        <section class="card new-key" role="alert">
            <p>{said}</p>
            <div class="command one">
                <pre tabindex="0">{secret}</pre>
                <CopyButton text=secret what=tr(name) />
            </div>
            <button
                type="button"
                class="quiet small"
                data-escape=""
                on:click=on_click(move || on_done.run(()))
            >
                {tr(|t| t.api_keys.done)}
            </button>
        </section>
    }
    .erase_client_only()
}
