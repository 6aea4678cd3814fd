//! What changes in the rows. Each row has signals of its own, which are set when something has changed for it: if all rows read
//! the whole list, each message that is pushed would be work for all of them.

use std::sync::Arc;

use leptos::prelude::*;

use super::ShownMessages;
use crate::{
    components::effect,
    erased_signal::ErasedSignal,
    wire::{MessageInfo, Receipts},
};

/// What changes in one row.
#[derive(Clone, Copy)]
pub(super) struct RowState {
    pub(super) receipts: ErasedSignal<Receipts>,
    pub(super) is_marked: RwSignal<bool>,
    /// Whether the details of the message are shown.
    pub(super) is_open: RwSignal<bool>,
    /// Whether it is the row in the tab order.
    pub(super) is_tab_stop: RwSignal<bool>,
}

/// A row in the page: the id of its message, and its state.
type Row = (String, RowState);

/// The rows in the page. Copies are the same.
#[derive(Clone, Copy)]
pub(super) struct Rows {
    shown: ShownMessages,
    rows: StoredValue<Vec<Row>>,
}

impl Rows {
    /// Follows what is shown.
    pub(super) fn new(shown: ShownMessages) -> Self {
        let rows = Self {
            shown,
            rows: StoredValue::new(Vec::new()),
        };
        effect(move || {
            shown.messages.track();
            rows.each(|(id, state)| rows.set_receipts(id, *state));
        });
        effect(move || {
            let marked = shown.marked.read();
            rows.each(|(id, state)| set(state.is_marked, marked.binary_search(id).is_ok()));
        });
        effect(move || {
            let open = shown.opened.get();
            rows.each(|(id, state)| set(state.is_open, *id == open));
        });
        effect(move || {
            let stop = rows.tab_stop();
            rows.each(|(id, state)| set(state.is_tab_stop, *id == stop));
        });
        rows
    }

    /// The state of a new row, until the row is removed.
    pub(super) fn add(self, message: &MessageInfo) -> RowState {
        let id = &message.id;
        let marked = self.shown.marked.read_untracked();
        let state = RowState {
            receipts: ErasedSignal::new(message.receipts),
            is_marked: RwSignal::new(marked.binary_search(id).is_ok()),
            is_open: RwSignal::new(self.shown.opened.with_untracked(|open| open == id)),
            is_tab_stop: RwSignal::new(untrack(|| self.tab_stop()) == *id),
        };
        self.set_receipts(id, state);
        self.rows
            .update_value(|rows| rows.push((id.clone(), state)));
        let is_marked = state.is_marked;
        on_cleanup(move || {
            self.rows
                .try_update_value(|rows| rows.retain(|(_, row)| row.is_marked != is_marked));
        });
        state
    }

    fn each(self, act: impl Fn(&Row)) {
        self.rows.with_value(|rows| rows.iter().for_each(act));
    }

    /// Receipts of loaded messages are kept up to date.
    fn set_receipts(self, id: &str, state: RowState) {
        let messages = self.shown.messages.read_untracked();
        if let Some(message) = messages.find(id)
            && *state.receipts.read_untracked() != message.receipts
        {
            state.receipts.set(message.receipts);
        }
    }

    /// The message whose row is in the tab order: the one that the keys are at, or the first.
    fn tab_stop(self) -> String {
        let row = self.shown.row.get();
        self.shown.messages.with(|messages| {
            let stop = messages.find(&row).or_else(|| messages.messages().first());
            stop.map(|message: &Arc<MessageInfo>| message.id.clone())
                .unwrap_or_default()
        })
    }
}

/// Sets a signal, unless that changes nothing.
fn set(signal: RwSignal<bool>, value: bool) {
    if signal.try_get_untracked() == Some(!value) {
        signal.set(value);
    }
}
