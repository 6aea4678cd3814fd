//! A button that asks for confirmation.

use leptos::prelude::*;

use super::{EraseView, either, on_click, text};
use crate::i18n::{Texts, tr};

/// The button `label`, for the thing `name`. It says what will happen, and then does it.
pub(crate) fn ask_first(
    label: fn(&Texts) -> &'static str,
    about: fn(&Texts) -> &'static str,
    name: String,
    act: Callback<()>,
) -> AnyView {
    let asking = RwSignal::new(false);
    let name = StoredValue::new(name);
    let ask = move || {
        view! {
            <button
                type="button"
                class="quiet small danger"
                on:click=on_click(move || asking.set(true))
            >
                {tr(label)}
                <span class="unseen">" " {name.get_value()}</span>
            </button>
        }
        .erase_client_only()
    };
    let question = move || {
        let yes = on_click(move || {
            asking.try_set(false);
            act.run(());
        });
        view! {
            <div class="question" role="alertdialog" aria-label=text(move || tr(label).get().to_owned())>
                <p>{tr(about)}</p>
                <div class="row">
                    <button type="button" class="small danger" on:click=yes>
                        {tr(label)}
                    </button>
                    <button
                        type="button"
                        class="quiet small"
                        data-escape=""
                        on:click=on_click(move || asking.set(false))
                    >
                        {tr(|t| t.api_keys.keep)}
                    </button>
                </div>
            </div>
        }
        .erase_client_only()
    };
    either(move || asking.get(), question, ask)
}
