//! Ctrl-K: a dialog that finds pages, actions, clients, topics, messages, jobs and saved lists.
//!
//! Here is the button that opens it. The dialog is a part of the wasm of its own, which is loaded when it is opened first.

mod dialog;
mod entry;
mod search;

use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
    web_sys::KeyboardEvent,
};

use crate::{
    browser,
    components::{EraseView, effect, not_loaded, on_click, when},
    erased_signal::ErasedSignal,
    i18n::tr,
    now::now,
    wire::Session,
};
use dialog::DIALOG;

/// Who uses the dialog, and how they sign out.
#[derive(Clone, Copy)]
pub(crate) struct User {
    /// The session; none: not known yet.
    pub(crate) session: ErasedSignal<Option<Session>>,
    /// Ends the session.
    pub(crate) sign_out: Callback<()>,
}

#[wasm_split(palette_part, wasm_split_path = ::leptos::wasm_split, preload(load_palette), fallible)]
fn palette_part(user: User) -> Result<AnyView, SplitLoaderError> {
    Ok(dialog::view(user))
}

/// Whether the dialog is there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Loaded {
    NotYet,
    Yes,
    Failed,
}

/// The button, and the dialog once it was opened.
pub(crate) fn palette(user: User) -> AnyView {
    let loaded = RwSignal::new(Loaded::NotYet);
    let listener = StoredValue::new_local(None);
    let is_mac = RwSignal::new(false);
    effect(move || {
        is_mac.set(browser::is_mac());
        let pressed = move |event: KeyboardEvent| {
            if is_shortcut(&event) {
                event.prevent_default();
                open(loaded);
            }
        };
        listener.set_value(Some(browser::on_key(pressed)));
    });
    let key = move || match is_mac.get() {
        true => "\u{2318} K",
        false => "Ctrl K",
    };
    let part = move || now(palette_part(user)).and_then(Result::ok);
    view! {
        <button
            type="button"
            class="quiet small"
            aria-haspopup="dialog"
            aria-keyshortcuts="Control+K Meta+K"
            on:click=on_click(move || open(loaded))
        >
            {tr(|t| t.palette.open)}
            " "
            <kbd>{key}</kbd>
        </button>
        {when(move || loaded.get() == Loaded::Yes, move || part().unwrap_or_else(not_loaded))}
        {when(move || loaded.get() == Loaded::Failed, not_loaded)}
    }
    .erase()
}

fn is_shortcut(event: &KeyboardEvent) -> bool {
    let held = event.ctrl_key() || event.meta_key();
    held && !event.alt_key() && !event.shift_key() && event.key().eq_ignore_ascii_case("k")
}

/// Opens the dialog. It opens by itself when it is rendered first.
fn open(loaded: RwSignal<Loaded>) {
    if loaded.get_untracked() == Loaded::Yes {
        return browser::show_dialog(DIALOG);
    }
    spawn_local(async move {
        let now = match load_palette().await {
            Ok(()) => Loaded::Yes,
            Err(_) => Loaded::Failed,
        };
        loaded.try_set(now);
    });
}
