//! Questions before something is done that can't be undone.

use leptos::prelude::*;

use super::{ClickHandler, EraseView, either, on_click, text};
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
        let label = text(move || tr(label).get().to_owned());
        let act = on_click(move || {
            asking.try_set(false);
            act.run(());
        });
        let keep = on_click(move || asking.set(false));
        question(
            Wording {
                name: label,
                about: text(move || tr(about).get().to_owned()),
                act: label,
                keep: |t| t.shell.keep,
            },
            act,
            keep,
        )
    };
    either(move || asking.get(), question, ask)
}

/// The words of a question.
pub(crate) struct Wording {
    /// What it is called for those who can't see it.
    pub(crate) name: Signal<String>,
    /// What will happen.
    pub(crate) about: Signal<String>,
    /// The button that does it.
    pub(crate) act: Signal<String>,
    /// The button that does not.
    pub(crate) keep: fn(&Texts) -> &'static str,
}

/// Asks for confirmation.
pub(crate) fn question(words: Wording, act: ClickHandler, keep: ClickHandler) -> AnyView {
    view! {
        <div class="question" role="alertdialog" aria-label=words.name>
            <p>{words.about}</p>
            <div class="row">
                <button type="button" class="small danger" on:click=act>
                    {words.act}
                </button>
                <button type="button" class="quiet small" data-escape="" on:click=keep>
                    {tr(words.keep)}
                </button>
            </div>
        </div>
    }
    .erase_client_only()
}
