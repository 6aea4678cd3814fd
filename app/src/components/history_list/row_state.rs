//! What changes in the rows. Each row has signals of its own, which are set when something has changed for it: if all rows read
//! the whole list, each message that is pushed would be work for all of them.

use std::sync::Arc;

use leptos::prelude::*;

use super::ShownMessages;
use crate::{
    components::effect,
    erased_signal::ErasedSignal,
    message_history::MessageHistory,
    wire::{MessageInfo, Receipts},
};

/// What changes in one row.
#[derive(Clone, Copy, Default)]
pub(super) struct RowState {
    pub(super) receipts: ErasedSignal<Receipts>,
    /// Its number in the list.
    pub(super) number: RwSignal<String>,
    pub(super) is_marked: RwSignal<bool>,
    /// Whether the details of the message are shown.
    pub(super) is_open: RwSignal<bool>,
    /// Whether it is the row in the tab order.
    pub(super) is_tab_stop: RwSignal<bool>,
    /// Whether the pointer or the focus may be in it.
    pub(super) is_active: RwSignal<bool>,
}

/// A row in the page: the id of its message, and its state.
type Row = (String, RowState);

/// The rows in the page. Copies are the same.
#[derive(Clone, Copy)]
pub(super) struct Rows {
    shown: ShownMessages,
    /// The message over which the pointer is. Empty: none.
    pub(super) hovered: RwSignal<String>,
    rows: StoredValue<Vec<Row>>,
}

/// What all rows show.
struct Now {
    messages: Arc<MessageHistory>,
    marked: Arc<Vec<String>>,
    opened: String,
    tab_stop: String,
    hovered: String,
}

impl Rows {
    /// Follows what is shown.
    pub(super) fn new(shown: ShownMessages) -> Self {
        let rows = Self {
            shown,
            hovered: RwSignal::default(),
            rows: StoredValue::new(Vec::new()),
        };
        effect(move || {
            let now = rows.now();
            rows.rows
                .with_value(|rows| rows.iter().for_each(|(id, state)| state.set(id, &now)));
        });
        rows
    }

    /// The state of a new row, until the row is removed.
    pub(super) fn add(self, message: &MessageInfo) -> RowState {
        let state = RowState::default();
        state.set(&message.id, &untrack(|| self.now()));
        self.rows
            .update_value(|rows| rows.push((message.id.clone(), state)));
        on_cleanup(move || {
            self.rows
                .try_update_value(|rows| rows.retain(|(_, row)| row.number != state.number));
        });
        state
    }

    fn now(self) -> Now {
        Now {
            messages: self.shown.messages.read(),
            marked: self.shown.marked.read(),
            opened: self.shown.opened.get(),
            tab_stop: self.tab_stop(),
            hovered: self.hovered.get(),
        }
    }

    /// The message whose row is in the tab order: the one that the keys are at, or the first.
    pub(super) fn tab_stop(self) -> String {
        let row = self.shown.row.get();
        self.shown.messages.with(|messages| {
            let stop = messages.find(&row).or_else(|| messages.messages().first());
            stop.map(|message: &Arc<MessageInfo>| message.id.clone())
                .unwrap_or_default()
        })
    }
}

impl RowState {
    fn set(self, id: &String, now: &Now) {
        let Ok(place) = now.messages.place(id) else {
            return;
        };
        let receipts = now.messages.messages()[place].receipts;
        if *self.receipts.read_untracked() != receipts {
            self.receipts.set(receipts);
        }
        let number = (place + 1).to_string();
        if self.number.with_untracked(|now| *now != number) {
            self.number.set(number);
        }
        let is_tab_stop = *id == now.tab_stop;
        for (signal, value) in [
            (self.is_marked, now.marked.binary_search(id).is_ok()),
            (self.is_open, *id == now.opened),
            (self.is_tab_stop, is_tab_stop),
            (self.is_active, is_tab_stop || *id == now.hovered),
        ] {
            if signal.get_untracked() != value {
                signal.set(value);
            }
        }
    }
}
