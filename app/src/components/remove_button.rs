//! The remove button of a chip.

use leptos::prelude::*;

use super::{ClickHandler, EraseView};

/// A button that removes the chip.
pub(crate) fn remove_button(called: Signal<String>, act: ClickHandler) -> AnyView {
    view! {
        <button type="button" aria-label=called on:click=act>
            <svg viewBox="0 0 16 16" width="12" height="12" aria-hidden="true">
                <path d="M4 4l8 8M12 4l-8 8" />
            </svg>
        </button>
    }
    .erase_client_only()
}
