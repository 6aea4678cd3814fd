//! What was pushed, newest first, with what became of it.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    chronicle::Chronicle,
    components::{Entry, IntoPart, aria, list, press, text, to_in_words, when},
    figures, json,
    wire::{Ended, MessageDetail, MessageInfo, Receipt},
};

/// So many characters of a message are listed.
const SHOWN: usize = 400;

/// What can be done with a message.
#[derive(Clone, Copy)]
pub(crate) struct MessageActions {
    /// Show all that is known of it, or no more.
    pub(crate) toggle: Callback<String>,
    /// Fill the form with it.
    pub(crate) resend: Callback<String>,
    /// Take it back.
    pub(crate) recall: Callback<String>,
    /// Show this client.
    pub(crate) client: Callback<String>,
}

/// The messages.
#[component]
pub fn HistoryList(
    /// What has been read.
    chronicle: RwSignal<Chronicle>,
    /// The one that is shown whole.
    open: RwSignal<Option<Arc<MessageDetail>>>,
    /// What can be done with one.
    actions: MessageActions,
) -> impl IntoView {
    // The message that a person is asked about before it is taken back.
    let asked = RwSignal::new(String::new());
    let entries = list(move || {
        let entry = |message: &Arc<MessageInfo>| {
            let message = Arc::clone(message);
            // Receipts move within the entry: a button that has the focus must stay.
            let key = format!("{} {}", message.id, message.ended.is_some());
            Entry::new(key, move || row(&message, chronicle, open, asked, actions))
        };
        chronicle.with(|chronicle| chronicle.messages().iter().map(entry).collect())
    });
    view! {
        <ol class="history" aria-labelledby="history">
            {entries}
        </ol>
    }
    .part()
}

fn row(
    message: &Arc<MessageInfo>,
    chronicle: RwSignal<Chronicle>,
    open: RwSignal<Option<Arc<MessageDetail>>>,
    asked: RwSignal<String>,
    actions: MessageActions,
) -> AnyView {
    let id = StoredValue::new(message.id.clone());
    let first = Arc::clone(message);
    let fate = text(move || {
        let id = id.get_value();
        chronicle.with(|chronicle| {
            let now = chronicle.messages().iter().find(|known| known.id == id);
            receipts_in_words(now.unwrap_or(&first))
        })
    });
    let is_open = move || {
        let id = id.get_value();
        open.with(|open| open.as_ref().is_some_and(|open| open.message.id == id))
    };
    let ended = match message.ended {
        Some(Ended::Expired) => Some("expired"),
        Some(Ended::Recalled) => Some("taken back"),
        None => None,
    };
    let can_be_recalled = message.ended.is_none();
    let take_back = move || take_back(id, asked, actions.recall);
    let at = message.at as f64;
    view! {
        <li>
            <div class="about">
                <time datetime=figures::iso(at)>{figures::clock(at)}</time>
                <span class="to">{to_in_words(&message.to, message.clients)}</span>
                <span class="tag">{message.event.clone()}</span>
                <span class="tag late">{ended}</span>
            </div>
            <pre class="data text">{beginning(message.data.get())}</pre>
            <div class="row">
                <p class="fate">{fate}</p>
                <button
                    type="button"
                    class="quiet small"
                    aria-expanded=aria(is_open)
                    on:click=press(move || actions.toggle.run(id.get_value()))
                >
                    "Details"
                </button>
                <button
                    type="button"
                    class="quiet small"
                    on:click=press(move || actions.resend.run(id.get_value()))
                >
                    "Push again"
                </button>
                {when(move || can_be_recalled, take_back)}
            </div>
            {when(is_open, move || detail(open, actions.client))}
        </li>
    }
    .fresh()
}

/// The button asks once: what is taken back can't be had again.
fn take_back(
    id: StoredValue<String>,
    asked: RwSignal<String>,
    recall: Callback<String>,
) -> AnyView {
    let label = text(move || match asked.get() == id.get_value() {
        true => "Take back for good?".to_owned(),
        false => "Take back".to_owned(),
    });
    let act = press(move || {
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
    .fresh()
}

fn detail(open: RwSignal<Option<Arc<MessageDetail>>>, client: Callback<String>) -> AnyView {
    let about = text(move || open.with(|open| open.as_ref().map(about).unwrap_or_default()));
    let data = text(move || {
        open.with(|open| {
            let json = open.as_ref().map_or("", |open| open.message.data.get());
            json::pretty(json).unwrap_or_else(|| json.to_owned())
        })
    });
    let recipients = list(move || {
        let open = open.get();
        let recipients = open.iter().flat_map(|open| &open.recipients);
        let entry = |recipient: &crate::wire::Recipient| {
            let id = recipient.client_id.clone();
            let fate = receipt_in_words(recipient.receipt);
            Entry::new(format!("{fate} {id}"), move || {
                let (name, shown) = (id.clone(), id.clone());
                view! {
                    <li>
                        <button
                            type="button"
                            class="quiet small code"
                            on:click=press(move || client.run(name.clone()))
                        >
                            {shown}
                        </button>
                        <span>{fate}</span>
                    </li>
                }
                .fresh()
            })
        };
        recipients.map(entry).collect()
    });
    view! {
        <div class="detail">
            <p class="hint">{about}</p>
            <pre class="data json" tabindex="0">
                {data}
            </pre>
            <ul class="recipients" aria-label="Recipients">
                {recipients}
            </ul>
        </div>
    }
    .fresh()
}

fn about(detail: &Arc<MessageDetail>) -> String {
    let MessageInfo { id, expires_at, .. } = &detail.message;
    match expires_at {
        Some(at) => format!("{id}, until {}", figures::clock(*at as f64)),
        None => id.clone(),
    }
}

fn receipt_in_words(receipt: Receipt) -> &'static str {
    match receipt {
        Receipt::Queued => "waiting",
        Receipt::Sent => "sent",
        Receipt::Acknowledged => "acknowledged",
        Receipt::Expired => "expired",
        Receipt::Recalled => "taken back in time",
    }
}

/// What became of a message, in numbers.
fn receipts_in_words(message: &Arc<MessageInfo>) -> String {
    let receipts = &message.receipts;
    if message.clients.is_none() {
        return match receipts.audience {
            0 => "nobody was connected".to_owned(),
            all => format!("{} of {all} sent", receipts.sent),
        };
    }
    let numbers = [
        (receipts.acknowledged, Receipt::Acknowledged),
        (receipts.sent, Receipt::Sent),
        (receipts.waiting, Receipt::Queued),
        (receipts.expired, Receipt::Expired),
        (receipts.recalled, Receipt::Recalled),
    ];
    let mut words = String::new();
    for (number, receipt) in numbers {
        if number > 0 {
            let joint = if words.is_empty() { "" } else { ", " };
            words.push_str(&format!("{joint}{number} {}", receipt_in_words(receipt)));
        }
    }
    words
}

/// The beginning of what was sent; a string as its text.
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
    use crate::wire::{Receipts, To};
    use serde_json::value::RawValue;

    #[test]
    fn the_list_shows_a_text_as_text_and_json_as_json_and_the_beginning_of_long_ones() {
        assert_eq!(beginning(r#""a \"b\"""#), "a \"b\"");
        assert_eq!(beginning(r#"{"n": 1}"#), r#"{"n": 1}"#);
        let long = format!("\"{}\"", "é".repeat(SHOWN + 1));
        assert_eq!(beginning(&long).chars().count(), SHOWN + 1);
    }

    #[test]
    fn receipts_are_told_in_numbers_and_without_noughts() {
        let said = |clients, receipts| {
            receipts_in_words(&Arc::new(MessageInfo {
                id: String::new(),
                at: 0,
                expires_at: None,
                to: To::Everyone,
                clients,
                event: None,
                data: RawValue::NULL.to_owned(),
                ended: None,
                receipts,
            }))
        };
        let receipts = Receipts {
            audience: 3,
            acknowledged: 2,
            waiting: 1,
            ..Receipts::default()
        };
        assert_eq!(said(Some(3), receipts), "2 acknowledged, 1 waiting");
        let receipts = Receipts {
            audience: 3,
            sent: 2,
            ..Receipts::default()
        };
        assert_eq!(said(None, receipts), "2 of 3 sent");
        assert_eq!(said(None, Receipts::default()), "nobody was connected");
    }
}
