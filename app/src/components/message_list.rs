//! What has arrived, newest first. Everything in a message is text, whatever it looks like.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    browser,
    components::{Entry, IntoPart, list, note, press, text, when},
    inbox::{Inbox, Received},
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
        let (kept, received) = inbox.with(|inbox| (inbox.kept(), inbox.received()));
        (kept > 0 && received > kept as u64)
            .then(|| format!("Only the newest {kept} are kept here."))
    });
    let messages = list(move || {
        let entry = |message: Arc<Received>| Entry::new(message.number, move || view_of(&message));
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

fn view_of(message: &Received) -> AnyView {
    let Received {
        at, event, data, ..
    } = message;
    let (class, body) = match json::pretty(data) {
        Some(json) => ("data json", json),
        None => ("data text", data.clone()),
    };
    // What scrolls has to be within reach of the keyboard; the rest need not be.
    let scrolls = body.len() > 600 || body.lines().count() > 12;
    let (kind, tag) = match event {
        Some(event) => (event.clone(), "tag"),
        None => ("message".to_owned(), "tag plain"),
    };
    view! {
        <li>
            <div class="about">
                <time datetime=browser::iso(*at)>{browser::clock(*at)}</time>
                <span class=tag>{kind}</span>
            </div>
            <pre class=class tabindex=scrolls.then_some("0")>
                {body}
            </pre>
        </li>
    }
    .fresh()
}
