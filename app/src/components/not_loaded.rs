//! What is shown in place of a part of the pages that could not be loaded.

use leptos::prelude::*;

use super::EraseView;
use crate::{browser, i18n::tr};

/// Says so, and loads the page again as soon as the server answers. The server may have been updated, and has other files now.
pub(crate) fn not_loaded() -> AnyView {
    browser::reload_when_reachable();
    view! {
        <p class="notice bad" role="alert">
            {tr(|t| t.shell.not_loaded)}
        </p>
    }
    .erase_client_only()
}
