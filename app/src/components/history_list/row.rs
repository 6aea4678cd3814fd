//! One row of the history.

use std::sync::Arc;

use leptos::prelude::*;

use super::{MessageActions, recall_button, row_state::RowState};
use crate::{
    api::encoded,
    components::{
        EraseView, aria_bool, audience_text, bar, outside, outside_signal, receipts_text,
        static_text, text, when,
    },
    erased_signal::ErasedMemo,
    formatting,
    i18n::{Texts, interpolate, texts, tr},
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
    let (to, clients) = (message.to.clone(), message.clients);
    let fate = text(move || receipts_text(clients, &state.receipts.read()));
    let receipts = ErasedMemo::new(move || state.receipts.get());
    let class = static_text(move || match state.is_open.get() {
        true => "message-row open",
        false => "message-row",
    });
    let tab = static_text(move || if state.is_tab_stop.get() { "0" } else { "-1" });
    let to = text(move || audience_text(&to, clients));
    let at = message.at as f64;
    let data = beginning(message.data.get());
    let name = data.clone();
    let mark_name = text(move || interpolate(texts().messages.mark, &[("text", &name)]));
    view! {
        <div
            role="row"
            id=row_id(&message.id)
            class=class
            aria-selected=aria_bool(move || state.is_marked.get())
            tabindex=tab
        >
            <div role="gridcell" class="mark">
                <input
                    type="checkbox"
                    tabindex="-1"
                    data-n=MARK
                    aria-label=mark_name
                    prop:checked=state.is_marked
                />
            </div>
            <div role="gridcell" class="time">
                <time datetime=formatting::iso(at)>{text(move || formatting::clock(at))}</time>
            </div>
            <div role="gridcell" class="to">
                {outside_signal(to)}
            </div>
            <div role="gridcell" class="kind">
                <span class="tag">{outside(message.event.as_deref().unwrap_or_default())}</span>
                <span class="tag late">{ended_text(message.ended)}</span>
            </div>
            <div role="gridcell" class="text">
                {outside(data)}
            </div>
            <div role="gridcell" class="fate">
                {bar(receipts)} <span class="delivery-text">{fate}</span>
            </div>
            <div role="gridcell" class="actions">
                {buttons(message, actions)}
            </div>
        </div>
    }
    .erase_client_only()
}

/// The actions on a message. They are seen where the pointer or the focus is.
fn buttons(message: &Arc<MessageInfo>, actions: MessageActions) -> AnyView {
    let button = |place: u8, label: fn(&Texts) -> &'static str| {
        view! {
            <button type="button" class="quiet small" tabindex="-1" data-n=place>
                {tr(label)}
            </button>
        }
        .erase_client_only()
    };
    let again = format!("admin/push?again={}", encoded(&message.id));
    let push = move || {
        view! {
            <a class="button small" tabindex="-1" data-n=PUSH href=again.clone()>
                {tr(|t| t.messages.again)}
            </a>
        }
        .erase_client_only()
    };
    let (id, can_be_recalled) = (message.id.clone(), message.ended.is_none());
    view! {
        {button(DETAILS, |t| t.messages.details)}
        {button(COPY, |t| t.messages.curl)}
        {when(move || actions.may_push.get(), push)}
        {when(
            move || can_be_recalled && actions.may_recall.get(),
            move || recall_button(id.clone(), actions, Some(RECALL)),
        )}
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
