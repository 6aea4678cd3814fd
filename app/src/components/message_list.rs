//! The received messages, newest first. All data is shown as text and never interpreted as HTML.

mod entry;
mod search;

use std::sync::Arc;

use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};

use crate::{
    components::{
        EraseView, ListItem, bool_signal, keyed_list, lazy_view, on_click, optional_text, text,
        when,
    },
    formatting,
    i18n::{plural, texts, tr},
    inbox::{Filter, Inbox, Received, What},
};

/// The list.
#[component]
pub fn MessageList(
    /// The received messages.
    inbox: RwSignal<Inbox>,
    /// The view to show if there are no messages.
    #[prop(into)]
    empty: ViewFn,
) -> impl IntoView {
    let is_empty = bool_signal(move || inbox.with(Inbox::is_empty));
    let nothing_found = move || inbox.with(Inbox::has_no_match);
    let more = move || inbox.with(Inbox::shown).1;
    let dropped = optional_text(move || {
        let kept = inbox.with(Inbox::len_if_truncated)?;
        Some(plural(texts().inbox.kept, kept as u64, &[]))
    });
    view! {
        {head(inbox, is_empty)}
        {search::fields(inbox)}
        {when(move || is_empty.get(), move || empty.run())}
        {when(nothing_found, move || none_match(inbox))}
        <div role="log" aria-labelledby="messages" aria-live="polite">
            {lazy_view(|| Box::pin(load_message_entries()), move || message_entries(inbox))}
        </div>
        {when(more, move || older(inbox))}
        <p class="hint">{dropped}</p>
    }
    .erase()
}

/// A page begins without messages, so what shows them is loaded when the page is alive.
#[wasm_split(message_entries, wasm_split_path = ::leptos::wasm_split, preload(load_message_entries), fallible)]
fn message_entries(inbox: RwSignal<Inbox>) -> Result<AnyView, SplitLoaderError> {
    Ok(entries(inbox))
}

fn entries(inbox: RwSignal<Inbox>) -> AnyView {
    let entry = entry(inbox);
    let messages = keyed_list(move || inbox.with(Inbox::shown).0.iter().map(&entry).collect());
    view! { <ol class="messages">{messages}</ol> }.erase_client_only()
}

fn entry(inbox: RwSignal<Inbox>) -> impl Fn(&Arc<Received>) -> ListItem {
    move |message| {
        let Received {
            number,
            pinned,
            new,
            ..
        } = **message;
        let taken = message.what == What::Recalled;
        let message = Arc::clone(message);
        ListItem::new(format!("{number} {taken} {pinned} {new}"), move || {
            entry::view_of(&message, inbox)
        })
    }
}

fn head(inbox: RwSignal<Inbox>, is_empty: Signal<bool>) -> AnyView {
    let received = text(move || formatting::number(inbox.with(Inbox::received)));
    let cleared = move || inbox.with(Inbox::cleared);
    let undo = move || {
        let said = text(move || plural(texts().inbox.undo_clear, cleared() as u64, &[]));
        view! {
            <button
                type="button"
                class="quiet small"
                on:click=on_click(move || inbox.update(Inbox::undo_clear))
            >
                {said}
            </button>
        }
        .erase_client_only()
    };
    view! {
        <div class="section-head">
            <h2 id="messages">{tr(|t| t.inbox.title)}</h2>
            <span class="count">{received} <span class="unseen">{tr(|t| t.inbox.received)}</span></span>
            {when(move || cleared() > 0, undo)}
            <button
                type="button"
                class="quiet small"
                disabled=is_empty
                on:click=on_click(move || inbox.update(Inbox::clear))
            >
                {tr(|t| t.inbox.clear)}
            </button>
        </div>
    }
    .erase()
}

fn none_match(inbox: RwSignal<Inbox>) -> AnyView {
    view! {
        <div class="empty">
            <p class="title">{tr(|t| t.inbox.none_match)}</p>
            <div class="row">
                <button
                    type="button"
                    class="quiet small"
                    on:click=on_click(move || inbox.update(|inbox| inbox.set_filter(Filter::default())))
                >
                    {tr(|t| t.inbox.show_all)}
                </button>
            </div>
        </div>
    }
    .erase_client_only()
}

fn older(inbox: RwSignal<Inbox>) -> AnyView {
    view! {
        <div class="row">
            <button
                type="button"
                class="quiet small"
                on:click=on_click(move || inbox.update(Inbox::show_more))
            >
                {tr(|t| t.inbox.older)}
            </button>
        </div>
    }
    .erase_client_only()
}
