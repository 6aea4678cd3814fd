//! What has arrived, newest first. Everything in a message is text, whatever it looks like.

mod entry;
mod search;

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    components::{Entry, IntoPart, flag, list, note, press, text, when},
    figures,
    inbox::{Filter, Inbox, Received, What},
    words::{count, say, words},
};

/// The messages of a page.
#[component]
pub fn MessageList(
    /// What the page holds.
    inbox: RwSignal<Inbox>,
    /// What stands there while nothing has arrived.
    #[prop(into)]
    empty: ViewFn,
) -> impl IntoView {
    let entry = entry(inbox);
    let messages = list(move || inbox.with(Inbox::shown).0.iter().map(&entry).collect());
    let is_empty = flag(move || inbox.with(Inbox::is_empty));
    let nothing_found = move || inbox.with(Inbox::finds_nothing);
    let more = move || inbox.with(Inbox::shown).1;
    let dropped = note(move || {
        let kept = inbox.with(Inbox::kept_of_more)?;
        Some(count(words().inbox.kept, kept as u64, &[]))
    });
    view! {
        {head(inbox, is_empty)}
        {search::fields(inbox)}
        {when(move || is_empty.get(), move || empty.run())}
        {when(nothing_found, move || none_match(inbox))}
        <div role="log" aria-labelledby="messages" aria-live="polite">
            <ol class="messages">{messages}</ol>
        </div>
        {when(more, move || older(inbox))}
        <p class="hint">{dropped}</p>
    }
    .part()
}

fn entry(inbox: RwSignal<Inbox>) -> impl Fn(&Arc<Received>) -> Entry {
    move |message| {
        let Received {
            number,
            pinned,
            new,
            ..
        } = **message;
        let taken = message.what == What::TakenBack;
        let message = Arc::clone(message);
        Entry::new(format!("{number} {taken} {pinned} {new}"), move || {
            entry::view_of(&message, inbox)
        })
    }
}

fn head(inbox: RwSignal<Inbox>, is_empty: Signal<bool>) -> AnyView {
    let received = text(move || figures::number(inbox.with(Inbox::received)));
    let cleared = move || inbox.with(Inbox::cleared);
    let undo = move || {
        let said = text(move || count(words().inbox.undo_clear, cleared() as u64, &[]));
        view! {
            <button
                type="button"
                class="quiet small"
                on:click=press(move || inbox.update(Inbox::undo_clear))
            >
                {said}
            </button>
        }
        .fresh()
    };
    view! {
        <div class="section-head">
            <h2 id="messages">{say(|w| w.inbox.title)}</h2>
            <span class="count">{received} <span class="unseen">{say(|w| w.inbox.received)}</span></span>
            {when(move || cleared() > 0, undo)}
            <button
                type="button"
                class="quiet small"
                disabled=is_empty
                on:click=press(move || inbox.update(Inbox::clear))
            >
                {say(|w| w.inbox.clear)}
            </button>
        </div>
    }
    .part()
}

fn none_match(inbox: RwSignal<Inbox>) -> AnyView {
    view! {
        <div class="empty">
            <p class="title">{say(|w| w.inbox.none_match)}</p>
            <div class="row">
                <button
                    type="button"
                    class="quiet small"
                    on:click=press(move || inbox.update(|inbox| inbox.look_for(Filter::default())))
                >
                    {say(|w| w.inbox.show_all)}
                </button>
            </div>
        </div>
    }
    .fresh()
}

fn older(inbox: RwSignal<Inbox>) -> AnyView {
    view! {
        <div class="row">
            <button
                type="button"
                class="quiet small"
                on:click=press(move || inbox.update(Inbox::go_further))
            >
                {say(|w| w.inbox.older)}
            </button>
        </div>
    }
    .fresh()
}
