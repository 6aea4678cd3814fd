//! The list of pushed messages, newest first, one row each, with their delivery state. It is a grid (ARIA Authoring
//! Practices) whose rows get the focus: only one of them is in the tab order, and keys move between them.

mod row;
mod row_state;

use std::{ops::Range, sync::Arc};

use leptos::{
    ev::{FocusEvent, MouseEvent},
    prelude::*,
    web_sys::{Element, Event},
};

use crate::{
    browser::{self, Timer},
    components::{
        ClickHandler, EraseView, ListItem, effect, gap, keyed_list, on_click, rows_in_page,
        show_rows, static_text, text,
    },
    erased_signal::ErasedSignal,
    formatting,
    i18n::{self, texts},
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

/// The list. Only the rows that can be seen are in the page, and the one in the tab order.
#[component]
pub fn HistoryList(
    /// What it shows.
    shown: ShownMessages,
    /// Actions on a message.
    actions: MessageActions,
) -> impl IntoView {
    let messages = shown.messages;
    let rows = Rows::new(shown);
    let in_page = ErasedSignal::new(rows_in_page(0.0, 0.0, 0.0));
    let look = move || show_rows(in_page, seen_rows());
    let listeners = StoredValue::new_local(None);
    effect(move || {
        listeners.set_value(Some([browser::on_scroll(look), browser::on_resize(look)]));
    });
    effect(move || {
        messages.track();
        // When the rows are in the page.
        Timer::after(0.0, look).detach();
    });
    let entries = keyed_list(move || {
        let (messages, stop, language) = (messages.read(), rows.tab_stop(), i18n::language() as u8);
        let all = messages.messages();
        let row = |message: &Arc<MessageInfo>| {
            let message = Arc::clone(message);
            // All else changes in the row, so that a focused button stays in the page.
            let key = format!("{} {} {language}", message.id, message.ended.is_some());
            ListItem::new(key, move || row::row(&message, rows.add(&message), actions))
        };
        let part = |rows: Range<u64>| match all.get(rows.start as usize) {
            Some(message) if rows.end - rows.start == 1 => row(message),
            _ => gap(rows.start, rows.end),
        };
        let stop = messages.place(&stop).unwrap_or_default();
        parts(all.len() as u64, *in_page.read(), stop as u64)
            .into_iter()
            .map(part)
            .collect()
    });
    // Then the times have dates.
    let class = static_text(move || {
        let oldest = messages.with(|messages| messages.messages().last().map(|oldest| oldest.at));
        match oldest.is_some_and(|at| (at as f64) < formatting::start_of_today()) {
            true => "history dated",
            false => "history",
        }
    });
    let count = text(move || messages.with(|messages| messages.messages().len().to_string()));
    let click: ClickHandler = Box::new(move |event| press(&event, actions));
    let enter = move |event: FocusEvent| {
        if let Some((_, id)) = row_of(&event) {
            shown.row.set(id);
        }
    };
    let hover: ClickHandler = Box::new(move |event| {
        let id = row_of(&event).map(|(_, id)| id).unwrap_or_default();
        if rows.hovered.with_untracked(|now| *now != id) {
            rows.hovered.set(id);
        }
    });
    view! {
        <div
            class=class
            role="grid"
            aria-multiselectable="true"
            aria-labelledby="history"
            aria-rowcount=count
            on:click=click
            on:focusin=enter
            on:mouseover=hover
        >
            {entries}
        </div>
    }
    .erase()
}

/// The rows that are in the page, if there are any.
fn seen_rows() -> Option<(u64, u64)> {
    let row = browser::find("[role=grid] > [role=row]")?;
    let above = -row.parent_element()?.get_bounding_client_rect().top();
    let height = row.get_bounding_client_rect().height();
    Some(rows_in_page(above, browser::height(), height))
}

/// A list of this length in parts: each row that is in the page, and all others between two of them together.
fn parts(length: u64, (start, end): (u64, u64), stop: u64) -> Vec<Range<u64>> {
    let mut parts: Vec<Range<u64>> = Vec::new();
    let mut in_gap = false;
    for n in 0..length {
        let was_in_gap = in_gap;
        in_gap = !(start..end).contains(&n) && n != stop;
        match parts.last_mut().filter(|_| was_in_gap && in_gap) {
            Some(gap) => gap.end += 1,
            None => parts.push(n..n + 1),
        }
    }
    parts
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
    use super::*;

    #[test]
    fn rows_that_are_not_in_the_page_are_a_gap() {
        assert_eq!(parts(3, (0, 8), 0), [0..1, 1..2, 2..3]);
        assert_eq!(parts(9, (4, 6), 0), [0..1, 1..4, 4..5, 5..6, 6..9]);
        assert_eq!(parts(6, (0, 2), 4), [0..1, 1..2, 2..4, 4..5, 5..6]);
        assert_eq!(parts(0, (0, 8), 0), []);
    }
}
