//! The list of pushed messages, newest first, one row each, with their delivery state. It is a grid (ARIA Authoring
//! Practices) whose rows get the focus: only one of them is in the tab order, and keys move between them.

mod row;
mod row_state;

use std::sync::Arc;

use leptos::{
    ev::{FocusEvent, MouseEvent},
    prelude::*,
    web_sys::{Element, Event},
};

use crate::{
    browser::{self, Timer},
    components::{
        ClickHandler, EraseView, ListItem, effect, keyed_list, on_click, static_text, text,
    },
    cursor,
    erased_signal::ErasedSignal,
    formatting,
    i18n::texts,
    message_history::MessageHistory,
    wire::{MessageDetail, MessageInfo},
};

pub(crate) use row::{LAST_PLACE, beginning, ended_text, row_id};
use row_state::Rows;

/// What was done to the mark of a message.
#[derive(Clone, Debug)]
pub(crate) struct MessageMark {
    /// The message.
    pub(crate) id: String,
    /// Whether all messages from the one before are meant (with the shift key).
    pub(crate) range: bool,
}

/// Actions on messages, by their ids, and who may use them.
#[derive(Clone, Copy)]
pub(crate) struct MessageActions {
    /// Show its details.
    pub(crate) open: Callback<String>,
    /// Select it, or take it from the selection.
    pub(crate) mark: Callback<MessageMark>,
    /// Recall it.
    pub(crate) recall: Callback<String>,
    /// Copy its push as a command.
    pub(crate) copy: Callback<String>,
    /// Whether messages can be pushed again.
    pub(crate) may_push: Signal<bool>,
    /// Whether messages can be recalled.
    pub(crate) may_recall: Signal<bool>,
    /// The message whose recall waits for confirmation.
    pub(crate) asked: RwSignal<String>,
}

/// What the rows show.
#[derive(Clone, Copy)]
pub(crate) struct ShownMessages {
    /// The loaded messages.
    pub(crate) messages: ErasedSignal<MessageHistory>,
    /// The message that the keys are at. Empty: none yet.
    pub(crate) row: RwSignal<String>,
    /// The message whose details are shown. Empty: none.
    pub(crate) opened: RwSignal<String>,
    /// The ids of the selected messages, sorted.
    pub(crate) marked: ErasedSignal<Vec<String>>,
}

/// Rows that one task adds. With many more it would block slow machines.
const STEP: usize = 6;

/// The list.
#[component]
pub fn HistoryList(
    /// What it shows.
    shown: ShownMessages,
    /// Actions on a message.
    actions: MessageActions,
) -> impl IntoView {
    let messages = shown.messages;
    let rows = Rows::new(shown);
    let (listed, again) = (ErasedSignal::new(Vec::new()), RwSignal::new(false));
    effect(move || {
        again.track();
        let known = listed.read_untracked();
        let (next, more) = messages.with(|messages| with_some_more(&known, messages.messages()));
        if !next.iter().map(key_of).eq(known.iter().map(key_of)) {
            listed.set(next);
        }
        if more {
            let soon = Timer::after(0.0, move || {
                again.try_update(|again| *again = !*again);
            });
            soon.detach();
        }
    });
    let entries = keyed_list(move || {
        let entry = |message: &Arc<MessageInfo>| {
            let message = Arc::clone(message);
            let (id, ended) = key_of(&message);
            ListItem::new(format!("{id} {ended}"), move || {
                row::row(&message, rows.add(&message), actions)
            })
        };
        listed.read().iter().map(entry).collect()
    });
    // Then the times have dates.
    let class = static_text(move || {
        let oldest = messages.with(|messages| messages.messages().last().map(|oldest| oldest.at));
        match oldest.is_some_and(|at| (at as f64) < formatting::start_of_today()) {
            true => "history dated",
            false => "history",
        }
    });
    let click: ClickHandler = Box::new(move |event| press(&event, actions));
    let enter = move |event: FocusEvent| {
        if let Some((_, id)) = row_of(&event) {
            shown.row.set(id);
        }
    };
    view! {
        <div
            class=class
            role="grid"
            aria-multiselectable="true"
            aria-labelledby="history"
            on:click=click
            on:focusin=enter
        >
            {entries}
        </div>
    }
    .erase()
}

/// The messages that are listed next, newest first: those that are, and a few others; and whether there are more.
fn with_some_more(
    listed: &[Arc<MessageInfo>],
    messages: &[Arc<MessageInfo>],
) -> (Vec<Arc<MessageInfo>>, bool) {
    let mut next = Vec::new();
    let mut new = 0;
    for message in messages {
        let is_listed = is_among(listed, message);
        new += usize::from(!is_listed);
        if is_listed || new <= STEP {
            next.push(Arc::clone(message));
        }
    }
    (next, new > STEP)
}

/// Whether a message is one of these, newest first.
fn is_among(listed: &[Arc<MessageInfo>], message: &MessageInfo) -> bool {
    let seq = cursor::seq(&message.id);
    let place = listed.binary_search_by(|known| seq.cmp(&cursor::seq(&known.id)));
    place.is_ok()
}

/// What makes a new row. All else changes in the row, so that a focused button stays in the page.
fn key_of(message: &Arc<MessageInfo>) -> (&str, bool) {
    (&message.id, message.ended.is_some())
}

/// The row in which something happened, and its message.
pub(crate) fn row_of(event: &Event) -> Option<(Element, String)> {
    let row = browser::target(event)?
        .closest("[role=row]")
        .ok()
        .flatten()?;
    let id = row.id().strip_prefix(row::PREFIX)?.to_owned();
    Some((row, id))
}

/// Handles clicks in all rows: handlers for each of them would be code and memory.
fn press(event: &MouseEvent, actions: MessageActions) {
    let Some((_, id)) = row_of(event) else {
        return;
    };
    match browser::target(event).and_then(|target| place_of(&target)) {
        Some(row::MARK) => actions.mark.run(MessageMark {
            id,
            range: event.shift_key(),
        }),
        None | Some(row::DETAILS) => actions.open.run(id),
        Some(row::COPY) => actions.copy.run(id),
        // They have handlers of their own.
        Some(_) => {}
    }
}

/// The number of a control in its row. None for the rest of the row.
pub(crate) fn place_of(target: &Element) -> Option<u8> {
    let control = target.closest("[data-n]").ok().flatten()?;
    control.get_attribute("data-n")?.parse().ok()
}

/// The button asks for confirmation, because a recall cannot be undone. In a row, the arrow keys reach it by `place`.
pub(crate) fn recall_button(id: String, actions: MessageActions, place: Option<u8>) -> AnyView {
    let id = StoredValue::new(id);
    let asked = actions.asked;
    let label = text(move || match asked.get() == id.get_value() {
        true => texts().messages.confirm_recall.to_owned(),
        false => texts().messages.recall.to_owned(),
    });
    let act = on_click(move || {
        let id = id.get_value();
        match asked.get_untracked() == id {
            true => actions.recall.run(id),
            false => asked.set(id),
        }
    });
    view! {
        <button
            type="button"
            class="quiet small danger"
            tabindex=place.map(|_| "-1")
            data-n=place
            on:click=act
        >
            {label}
        </button>
    }
    .erase_client_only()
}

/// The message as it is now: receipts of loaded messages are kept up to date.
pub(crate) fn newest_state(
    messages: ErasedSignal<MessageHistory>,
    detail: &MessageDetail,
) -> Arc<MessageInfo> {
    let known = messages.with(|messages| messages.find(&detail.message.id).cloned());
    known.unwrap_or_else(|| Arc::new(detail.message.clone()))
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;
    use crate::wire::{Receipts, To};

    #[test]
    fn a_few_messages_are_added_at_a_time_and_those_that_are_gone_are_dropped() {
        let message = |seq: u64| {
            Arc::new(MessageInfo {
                id: format!("e-{seq}"),
                at: 0,
                expires_at: None,
                to: To::Everyone,
                clients: None,
                event: None,
                data: RawValue::from_string("1".to_owned()).expect("JSON"),
                replace: None,
                replaces: None,
                urgency: None,
                ended: None,
                receipt: None,
                receipts: Receipts::default(),
            })
        };
        let messages: Vec<_> = (1..=30).rev().map(message).collect();
        let seqs = |messages: &[Arc<MessageInfo>]| {
            let seqs = messages.iter().map(|message| cursor::seq(&message.id));
            seqs.collect::<Vec<_>>()
        };
        let listed = [99, 28, 27].map(message);
        let (first, more) = with_some_more(&listed, &messages);
        let expected = 30 - STEP as u64 - 1..=30;
        assert_eq!(seqs(&first), expected.rev().collect::<Vec<_>>());
        assert!(more);
        let (all, more) = with_some_more(&first, &messages[..first.len() + STEP]);
        assert_eq!(all.len(), first.len() + STEP);
        assert!(!more);
    }
}
