//! What has arrived, newest first. Everything in a message is text, whatever it looks like.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    browser,
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
    let is_empty = Memo::new(move |_| inbox.with(Inbox::is_empty));
    let count = move || inbox.with(Inbox::received);
    let dropped = Memo::new(move |_| {
        inbox.with(|inbox| inbox.received() > inbox.kept() as u64 && !inbox.is_empty())
    });
    view! {
        <div class="section-head">
            <h2 id="messages">"Messages"</h2>
            <span class="count">{count} <span class="unseen">" received"</span></span>
            <button
                type="button"
                class="quiet small"
                disabled=move || is_empty.get()
                on:click=move |_| inbox.update(Inbox::clear)
            >
                "Clear"
            </button>
        </div>
        <Show when=move || is_empty.get()>{empty.run()}</Show>
        <ol class="messages" role="log" aria-labelledby="messages" aria-live="polite">
            <For
                each=move || inbox.with(|inbox| inbox.messages().collect::<Vec<_>>())
                key=|message| message.number
                children=|message| view! { <Message message /> }
            />
        </ol>
        <Show when=move || dropped.get()>
            <p class="hint">
                "Only the newest " {move || inbox.with(Inbox::kept)} " are kept here."
            </p>
        </Show>
    }
    .into_any()
}

#[component]
fn Message(message: Arc<Received>) -> impl IntoView {
    let Received {
        at, event, data, ..
    } = message.as_ref();
    let body = match json::pretty(data) {
        Some(json) => view! { <pre class="data json" tabindex="0">{json}</pre> }.into_any(),
        None => view! { <p class="data text">{data.clone()}</p> }.into_any(),
    };
    let kind = match event {
        Some(event) => view! { <span class="tag">{event.clone()}</span> }.into_any(),
        None => view! { <span class="tag plain">"message"</span> }.into_any(),
    };
    view! {
        <li>
            <div class="about">
                <time datetime=browser::iso(*at)>{browser::clock(*at)}</time>
                {kind}
            </div>
            {body}
        </li>
    }
    .into_any()
}
