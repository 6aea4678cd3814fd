//! The notice of a failed load.

use leptos::prelude::*;

use super::{EraseView, on_click, optional_text, when};
use crate::i18n::tr;

/// Shows an error, if there is one, with a button to try again.
pub(crate) fn retry_notice(
    error: impl Fn() -> Option<String> + Copy + Send + Sync + 'static,
    retry: impl Fn() + Copy + Send + Sync + 'static,
) -> AnyView {
    let notice = move || {
        view! {
            <div class="notice bad row" role="alert">
                <p>{optional_text(error)}</p>
                <button type="button" class="quiet small" on:click=on_click(retry)>
                    {tr(|t| t.panel.try_again)}
                </button>
            </div>
        }
        .erase_client_only()
    };
    when(move || error().is_some(), notice)
}
