//! One message with all its details, beside the list or, on a small screen, over it.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    api::encoded,
    browser,
    components::{
        CopyButton, EraseView, ListItem, MessageActions, audience_text, bar, effect, either,
        ended_text, keyed_list, long_data, newest_state, on_click, optional_text, outside,
        outside_signal, recall_button, receipt_text, receipts_text, static_text, text, when,
    },
    curl,
    erased_signal::{ErasedMemo, ErasedSignal},
    formatting,
    i18n::{interpolate, texts, tr},
    json,
    message_history::MessageHistory,
    wire::{MessageDetail, MessageInfo, PushRequest, Recipient},
};

/// The id of the panel in the page.
const PANEL: &str = "message";

/// What the panel shows.
#[derive(Clone, Copy)]
pub(crate) struct ShownMessage {
    /// The details; none: not loaded yet.
    pub(crate) detail: ErasedSignal<Option<Arc<MessageDetail>>>,
    /// The loaded messages, which may have newer receipts.
    pub(crate) messages: ErasedSignal<MessageHistory>,
    /// Why it could not be loaded.
    pub(crate) wrong: RwSignal<Option<String>>,
}

/// The panel. It takes the focus when it is opened.
pub(crate) fn message_panel(
    shown: ShownMessage,
    actions: MessageActions,
    close: Callback<()>,
) -> AnyView {
    effect(|| {
        browser::focus(PANEL);
    });
    let loaded = move || shown.detail.with(Option::is_some);
    let detail = move || detail(shown, actions);
    let why = move || {
        view! { <p class="nothing">{optional_text(move || shown.wrong.get())}</p> }
            .erase_client_only()
    };
    view! {
        <aside id=PANEL class="card side-panel" tabindex="-1" aria-labelledby="message-title">
            <div class="row">
                <h2 id="message-title">{tr(|t| t.messages.message)}</h2>
                <button
                    type="button"
                    class="quiet small"
                    data-escape=""
                    on:click=on_click(move || close.run(()))
                >
                    {tr(|t| t.messages.close)}
                </button>
            </div>
            {either(loaded, detail, why)}
        </aside>
    }
    .erase_client_only()
}

/// What is known of the message. It is made again for another one.
fn detail(shown: ShownMessage, actions: MessageActions) -> AnyView {
    let one = keyed_list(move || {
        let detail = shown.detail.get();
        let entry = |detail: &Arc<MessageDetail>| {
            let message = &detail.message;
            let key = format!("{} {}", message.id, message.ended.is_some());
            let detail = Arc::clone(detail);
            ListItem::new(key, move || about(&detail, shown, actions))
        };
        detail.iter().map(entry).collect()
    });
    view! { <div class="detail">{one} {recipients(shown)}</div> }.erase_client_only()
}

fn about(detail: &Arc<MessageDetail>, shown: ShownMessage, actions: MessageActions) -> AnyView {
    let message = &detail.message;
    let known = Arc::clone(detail);
    let now = move || newest_state(shown.messages, &known);
    let now: Arc<dyn Fn() -> Arc<MessageInfo> + Send + Sync> = Arc::new(now);
    let state = Arc::clone(&now);
    let receipts = ErasedMemo::new(move || state().receipts);
    let fate = text(move || {
        let now = now();
        receipts_text(now.clients, &now.receipts)
    });
    let (to, clients) = (message.to.clone(), message.clients);
    let to = text(move || audience_text(&to, clients));
    let (id, expires_at) = (message.id.clone(), message.expires_at);
    let until = text(move || match expires_at {
        Some(at) => {
            let clock = formatting::clock(at as f64);
            interpolate(texts().messages.until, &[("id", &id), ("clock", &clock)])
        }
        None => id.clone(),
    });
    let data = message.data.get();
    let data = json::pretty(data).unwrap_or_else(|| data.to_owned());
    let again = format!("admin/push?again={}", encoded(&message.id));
    let push = move || {
        view! {
            <a class="button small" href=again.clone()>
                {tr(|t| t.messages.again)}
            </a>
        }
        .erase_client_only()
    };
    let curl = Arc::clone(detail);
    let curl = text(move || as_curl(&curl.message));
    let (id, can_be_recalled) = (message.id.clone(), message.ended.is_none());
    let at = message.at as f64;
    view! {
        <div class="about">
            <time datetime=formatting::iso(at)>{text(move || formatting::clock(at))}</time>
            <span class="to">{outside_signal(to)}</span>
            <span class="tag">{outside(message.event.as_deref().unwrap_or_default())}</span>
            <span class="tag late">{ended_text(message.ended)}</span>
        </div>
        <p class="hint">{until}</p>
        <div class="row">{bar(receipts)} <p class="delivery-text">{fate}</p></div>
        <div class="row">
            {when(move || actions.may_push.get(), push)}
            <CopyButton
                text=curl
                what=tr(|t| t.messages.curl)
                label=Some(tr(|t| t.messages.curl))
            />
            {when(
                move || can_be_recalled && actions.may_recall.get(),
                move || recall_button(id.clone(), actions, None),
            )}
        </div>
        <pre class="data json" tabindex="0">
            {long_data(&data)}
        </pre>
    }
    .erase_client_only()
}

fn recipients(shown: ShownMessage) -> AnyView {
    let entries = keyed_list(move || {
        let detail = shown.detail.get();
        let recipients = detail.iter().flat_map(|detail| &detail.recipients);
        let entry = |recipient: &Recipient| {
            let id = recipient.client_id.clone();
            let receipt = recipient.receipt;
            ListItem::new(format!("{receipt:?} {id}"), move || {
                let there = format!("admin/clients?state=all&client={}", encoded(&id));
                view! {
                    <li>
                        <a class="code" href=there>
                            {outside(&id)}
                        </a>
                        <span>{static_text(move || receipt_text(receipt))}</span>
                    </li>
                }
                .erase_client_only()
            })
        };
        recipients.map(entry).collect()
    });
    view! {
        <ul class="recipients" aria-label=tr(|t| t.messages.recipients)>
            {entries}
        </ul>
    }
    .erase_client_only()
}

/// The push of this message as a curl command.
pub(crate) fn as_curl(message: &MessageInfo) -> String {
    let push = PushRequest {
        event: message.event.clone(),
        ..PushRequest::new(message.to.clone(), message.data.clone())
    };
    let json = serde_json::to_string(&push).unwrap_or_default();
    curl::push(&browser::server_url(), &json)
}
