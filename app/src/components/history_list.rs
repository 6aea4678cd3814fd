//! The list of pushed messages, newest first, with their delivery state.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    api::encoded,
    browser,
    components::{
        CopyButton, EraseView, ListItem, aria_bool, audience_text, bar, keyed_list, on_click,
        outside, outside_data, outside_data_signal, outside_signal, receipt_text, receipts_text,
        static_text, text, when,
    },
    curl,
    erased_signal::{ErasedMemo, ErasedSignal},
    formatting,
    i18n::{interpolate, texts, tr},
    json,
    message_history::MessageHistory,
    wire::{Ended, MessageDetail, MessageInfo, PushRequest},
};

/// Characters of the data that are shown in the list.
const SHOWN: usize = 400;

/// Actions on a message.
#[derive(Clone, Copy)]
pub(crate) struct MessageActions {
    /// Show or hide its details.
    pub(crate) toggle: Callback<String>,
    /// Recall it.
    pub(crate) recall: Callback<String>,
}

/// The list.
#[component]
pub fn HistoryList(
    /// The loaded messages.
    messages: ErasedSignal<MessageHistory>,
    /// The message whose details are shown.
    open: ErasedSignal<Option<Arc<MessageDetail>>>,
    /// Actions on a message.
    actions: MessageActions,
) -> impl IntoView {
    // The message whose recall waits for confirmation.
    let asked = RwSignal::new(String::new());
    let entries = keyed_list(move || {
        let entry = |message: &Arc<MessageInfo>| {
            let message = Arc::clone(message);
            // Receipts change inside the item, so that a focused button stays in the page.
            let key = format!("{} {}", message.id, message.ended.is_some());
            ListItem::new(key, move || row(&message, messages, open, asked, actions))
        };
        messages.with(|messages| messages.messages().iter().map(entry).collect())
    });
    view! {
        <ol class="history" aria-labelledby="history">
            {entries}
        </ol>
    }
    .erase()
}

fn row(
    message: &Arc<MessageInfo>,
    messages: ErasedSignal<MessageHistory>,
    open: ErasedSignal<Option<Arc<MessageDetail>>>,
    asked: RwSignal<String>,
    actions: MessageActions,
) -> AnyView {
    let id = StoredValue::new(message.id.clone());
    let first = Arc::clone(message);
    // Looked up once for all that is shown of the message.
    let now = ErasedMemo::new(move || {
        let known = messages.with(|messages| id.with_value(|id| messages.find(id).cloned()));
        Snapshot(known.unwrap_or_else(|| Arc::clone(&first)))
    });
    let fate = text(move || now.with(|Snapshot(message)| receipts_text(message)));
    let receipts = ErasedMemo::new(move || now.with(|Snapshot(message)| message.receipts));
    let is_open = move || {
        let id = id.get_value();
        open.with(|open| open.as_ref().is_some_and(|open| open.message.id == id))
    };
    let ended = message.ended;
    let ended = static_text(move || match ended {
        Some(Ended::Expired) => texts().messages.expired,
        Some(Ended::Recalled) => texts().messages.recalled_tag,
        Some(Ended::Replaced) => texts().messages.replaced_tag,
        None => "",
    });
    let again = format!("admin/push?again={}", encoded(&message.id));
    let (to, clients) = (message.to.clone(), message.clients);
    let to = text(move || audience_text(&to, clients));
    let can_be_recalled = message.ended.is_none();
    let recall = move || recall(id, asked, actions.recall);
    let at = message.at as f64;
    view! {
        <li>
            <div class="about">
                <time datetime=formatting::iso(at)>{text(move || formatting::clock(at))}</time>
                <span class="to">{outside_signal(to)}</span>
                <span class="tag">{outside(message.event.as_deref().unwrap_or_default())}</span>
                <span class="tag late">{ended}</span>
            </div>
            <pre class="data text">{outside_data(beginning(message.data.get()))}</pre>
            <div class="row">
                {bar(receipts)} <p class="delivery-text">{fate}</p>
                <button
                    type="button"
                    class="quiet small"
                    aria-expanded=aria_bool(is_open)
                    on:click=on_click(move || actions.toggle.run(id.get_value()))
                >
                    {tr(|t| t.messages.details)}
                </button>
                <a class="button small" href=again>
                    {tr(|t| t.messages.again)}
                </a>
                {when(move || can_be_recalled, recall)}
            </div>
            {when(is_open, move || detail(open))}
        </li>
    }
    .erase_client_only()
}

/// The button asks for confirmation, because a recall cannot be undone.
fn recall(id: StoredValue<String>, asked: RwSignal<String>, recall: Callback<String>) -> AnyView {
    let label = text(move || match asked.get() == id.get_value() {
        true => texts().messages.confirm_recall.to_owned(),
        false => texts().messages.recall.to_owned(),
    });
    let act = on_click(move || {
        let id = id.get_value();
        match asked.get_untracked() == id {
            true => recall.run(id),
            false => asked.set(id),
        }
    });
    view! {
        <button type="button" class="quiet small danger" on:click=act>
            {label}
        </button>
    }
    .erase_client_only()
}

fn detail(open: ErasedSignal<Option<Arc<MessageDetail>>>) -> AnyView {
    let about = text(move || open.with(|open| open.as_ref().map(about).unwrap_or_default()));
    let data = text(move || {
        open.with(|open| {
            let json = open.as_ref().map_or("", |open| open.message.data.get());
            json::pretty(json).unwrap_or_else(|| json.to_owned())
        })
    });
    let curl = text(move || {
        open.with(|open| {
            open.as_ref()
                .map(|open| as_curl(&open.message))
                .unwrap_or_default()
        })
    });
    let recipients = keyed_list(move || {
        let open = open.get();
        let recipients = open.iter().flat_map(|open| &open.recipients);
        let entry = |recipient: &crate::wire::Recipient| {
            let id = recipient.client_id.clone();
            let receipt = recipient.receipt;
            ListItem::new(format!("{receipt:?} {id}"), move || {
                let shown = id.clone();
                let there = format!("admin/clients?state=all&client={}", encoded(&id));
                view! {
                    <li>
                        <a class="code" href=there>
                            {shown}
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
        <div class="detail">
            <div class="row">
                <p class="hint">{about}</p>
                <CopyButton
                    text=curl
                    what=tr(|t| t.messages.curl)
                    label=Some(tr(|t| t.messages.curl))
                />
            </div>
            <pre class="data json" tabindex="0">
                {outside_data_signal(data)}
            </pre>
            <ul class="recipients" aria-label=tr(|t| t.messages.recipients)>
                {recipients}
            </ul>
        </div>
    }
    .erase_client_only()
}

fn about(detail: &Arc<MessageDetail>) -> String {
    let MessageInfo { id, expires_at, .. } = &detail.message;
    match expires_at {
        Some(at) => {
            let clock = formatting::clock(*at as f64);
            interpolate(texts().messages.until, &[("id", id), ("clock", &clock)])
        }
        None => id.clone(),
    }
}

/// The push of this message as a curl command.
fn as_curl(message: &MessageInfo) -> String {
    let push = PushRequest {
        event: message.event.clone(),
        ..PushRequest::new(message.to.clone(), message.data.clone())
    };
    let json = serde_json::to_string(&push).unwrap_or_default();
    curl::push(&browser::server_url(), &json)
}

/// The current state of a message. Two states are equal if the receipts are equal.
#[derive(Clone)]
struct Snapshot(Arc<MessageInfo>);

impl PartialEq for Snapshot {
    fn eq(&self, other: &Self) -> bool {
        self.0.receipts == other.0.receipts
    }
}

/// The beginning of the data; a JSON string as its text.
fn beginning(json: &str) -> String {
    let text: String = serde_json::from_str(json).unwrap_or_else(|_| json.to_owned());
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}\u{2026}", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_shows_the_beginning_of_texts_and_of_json() {
        assert_eq!(beginning(r#""a \"b\"""#), "a \"b\"");
        assert_eq!(beginning(r#"{"n": 1}"#), r#"{"n": 1}"#);
        let long = format!("\"{}\"", "é".repeat(SHOWN + 1));
        assert_eq!(beginning(&long).chars().count(), SHOWN + 1);
    }
}
