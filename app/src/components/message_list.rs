//! What has arrived, newest first. Everything in a message is text, whatever it looks like.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    browser,
    components::{Entry, IntoPart, list, note, press, text, when},
    inbox::{Inbox, Received, What},
    json,
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
    let is_empty = Signal::derive(move || inbox.with(Inbox::is_empty));
    let count = text(move || inbox.with(Inbox::received).to_string());
    let dropped = note(move || {
        let kept = inbox.with(Inbox::kept_of_more)?;
        Some(format!("Only the newest {kept} are kept here."))
    });
    let messages = list(move || {
        let entry = |message: Arc<Received>| {
            let taken = message.what == What::TakenBack;
            let key = format!("{} {taken}", message.number);
            Entry::new(key, move || view_of(&message))
        };
        inbox.with(|inbox| inbox.messages().map(entry).collect())
    });
    view! {
        <div class="section-head">
            <h2 id="messages">"Messages"</h2>
            <span class="count">{count} <span class="unseen">" received"</span></span>
            <button
                type="button"
                class="quiet small"
                disabled=is_empty
                on:click=press(move || inbox.update(Inbox::clear))
            >
                "Clear"
            </button>
        </div>
        {when(move || is_empty.get(), move || empty.run())}
        <div role="log" aria-labelledby="messages" aria-live="polite">
            <ol class="messages">{messages}</ol>
        </div>
        <p class="hint">{dropped}</p>
    }
    .part()
}

fn view_of(received: &Received) -> AnyView {
    let (class, body) = match &received.what {
        What::Message(_, data) => match json::pretty(data) {
            Some(json) => ("data json", json),
            None => ("data text", data.clone()),
        },
        What::TakenBack => ("data gone", "Taken back by who sent it.".to_owned()),
        What::Gap(why) => ("data gone", why.clone()),
    };
    // What scrolls has to be within reach of the keyboard; the rest need not be.
    let scrolls = body.len() > 600 || body.lines().count() > 12;
    let (kind, tag) = match &received.what {
        What::Message(Some(event), _) => (event.clone(), "tag"),
        What::Message(None, _) => ("message".to_owned(), "tag plain"),
        What::TakenBack => ("taken back".to_owned(), "tag plain"),
        What::Gap(_) => ("gap".to_owned(), "tag late"),
    };
    let at = received.at;
    let missed = received.missed.then_some("while you were away");
    view! {
        <li>
            <div class="about">
                <time datetime=browser::iso(at)>{browser::clock(at)}</time>
                <span class=tag>{kind}</span>
                <span class="missed">{missed}</span>
            </div>
            <pre class=class tabindex=scrolls.then_some("0")>
                {body}
            </pre>
        </li>
    }
    .fresh()
}
