//! A line of a list of facts.

use leptos::prelude::*;

use super::{EraseView, outside_signal};
use crate::i18n::{Texts, tr};

/// A name and its value, for a `<dl class="facts">`.
pub(crate) fn fact(name: fn(&Texts) -> &'static str, value: Signal<String>) -> AnyView {
    view! {
        <div>
            <dt>{tr(name)}</dt>
            <dd>{outside_signal(value)}</dd>
        </div>
    }
    .erase_client_only()
}
