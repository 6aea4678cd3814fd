//! One row of the history.

use std::sync::Arc;

use leptos::prelude::*;

use super::{MessageActions, recall_button, row_state::RowState};
use crate::{
    api::encoded,
    components::{
        EraseView, Turn, aria_bool, audience_text, bar, in_turn, outside, receipts_text,
        static_text, text, when,
    },
    erased_signal::ErasedMemo,
    formatting,
    i18n::{interpolate, texts, tr},
    wire::{Ended, MessageInfo},
};

/// Characters of the data that a row has. The browser cuts them to what fits.
const SHOWN: usize = 200;

/// What the ids of rows in the page begin with.
pub(super) const PREFIX: &str = "message-";

/// The controls of a row, in the order in which the arrow keys reach them.
pub(super) const MARK: u8 = 1;
pub(super) const DETAILS: u8 = 2;
pub(super) const COPY: u8 = 3;
const PUSH: u8 = 4;
const RECALL: u8 = 5;
/// The number of the last one.
pub(crate) const LAST_PLACE: u8 = RECALL;

/// The id of the row of a message in the page.
pub(crate) fn row_id(message: &str) -> String {
    format!("{PREFIX}{message}")
}

pub(super) fn row(message: &Arc<MessageInfo>, state: RowState, actions: MessageActions) -> AnyView {
    let class = static_text(move || match state.is_open.get() {
        true => "message-row open",
        false => "message-row",
    });
    let tab = static_text(move || if state.is_tab_stop.get() { "0" } else { "-1" });
    let id = row_id(&message.id);
    let message = Arc::clone(message);
    view! {
        <div
            role="row"
            id=id
            class=class
            aria-rowindex=text(move || state.number.get())
            aria-selected=aria_bool(move || state.is_marked.get())
            tabindex=tab
        >
            {in_turn(Turn::new(), move || cells(&message, state, actions))}
        </div>
    }
    .erase_client_only()
}

/// A row is made again when the language changes, so its texts need no signals.
fn cells(message: &Arc<MessageInfo>, state: RowState, actions: MessageActions) -> AnyView {
    let clients = message.clients;
    let fate = text(move || receipts_text(clients, &state.receipts.read()));
    let receipts = ErasedMemo::new(move || state.receipts.get());
    let at = message.at as f64;
    let data = beginning(message.data.get());
    let mark_name = interpolate(texts().messages.mark, &[("text", &data)]);
    let event = message.event.as_deref().unwrap_or_default();
    let ended = ended_text(message.ended).get();
    let to = audience_text(&message.to, clients);
    let message = Arc::clone(message);
    view! {
        <div role="gridcell" class="mark">
            <input
                type="checkbox"
                tabindex="-1"
                data-n=MARK
                aria-label=mark_name
                prop:checked=state.is_marked
            />
        </div>
        <time role="gridcell" class="time" datetime=formatting::iso(at)>
            {formatting::clock(at)}
        </time>
        <div role="gridcell" class="to">
            {outside(to)}
        </div>
        <div role="gridcell" class="kind">
            <span class="tag">{outside(event)}</span>
            <span class="tag late">{ended}</span>
        </div>
        <div role="gridcell" class="text">
            <button type="button" class="plain" tabindex="-1" data-n=DETAILS>
                {outside(data)}
            </button>
        </div>
        <div role="gridcell" class="fate">
            {bar(receipts)} <span class="delivery-text">{fate}</span>
        </div>
        {when(move || state.is_active.get(), move || buttons(&message, actions))}
    }
    .erase_client_only()
}

/// The actions on a message, where the pointer or the focus is. Those of all other rows would be most of what is in the page.
fn buttons(message: &Arc<MessageInfo>, actions: MessageActions) -> AnyView {
    let (id, can_be_recalled) = (message.id.clone(), message.ended.is_none());
    let again = format!("admin/push?again={}", encoded(&id));
    let push = move || {
        view! {
            <a class="button small" tabindex="-1" data-n=PUSH href=again.clone()>
                {tr(|t| t.messages.again)}
            </a>
        }
        .erase_client_only()
    };
    view! {
        <div role="gridcell" class="actions">
            <button type="button" class="quiet small" tabindex="-1" data-n=COPY>
                {tr(|t| t.messages.curl)}
            </button>
            {when(move || actions.may_push.get(), push)}
            {when(
                move || can_be_recalled && actions.may_recall.get(),
                move || recall_button(id.clone(), actions, Some(RECALL)),
            )}
        </div>
    }
    .erase_client_only()
}

/// Why a message is no longer delivered.
pub(crate) fn ended_text(ended: Option<Ended>) -> Signal<&'static str> {
    static_text(move || match ended {
        Some(Ended::Expired) => texts().messages.expired,
        Some(Ended::Recalled) => texts().messages.recalled_tag,
        Some(Ended::Replaced) => texts().messages.replaced_tag,
        None => "",
    })
}

/// The beginning of the data; a JSON string as its text.
pub(crate) fn beginning(json: &str) -> String {
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
