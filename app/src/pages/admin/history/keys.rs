//! The keys of the history. Letters work wherever the focus is, unless something is being typed. Arrows work in the list.

use leptos::{prelude::*, web_sys::Element, web_sys::KeyboardEvent};

use super::History;
use crate::{
    browser,
    components::{MessageMark, effect},
};

/// Rows that *Page Up* and *Page Down* go.
const PAGE: isize = 10;
/// What has the number of a control within its row.
const PLACE: &str = "data-n";

/// Handles keys while the section is shown.
pub(super) fn listen(history: History) {
    let listener = StoredValue::new_local(None);
    effect(move || {
        let on_key = browser::on_key(move |event| {
            if browser::is_command(&event) && history.press(&event) {
                event.prevent_default();
            }
        });
        listener.set_value(Some(on_key));
    });
}

impl History {
    /// Handles a key. Returns false if it means nothing here.
    fn press(self, event: &KeyboardEvent) -> bool {
        let row = browser::target(event)
            .and_then(|target| target.closest(".message-row").ok().flatten());
        match (event.key().as_str(), row) {
            ("j", _) => self.go(1),
            ("k", _) => self.go(-1),
            ("x" | "X", _) => return self.mark_row(event.shift_key()),
            (key, Some(row)) => return self.press_in_row(key, event, &row),
            _ => return false,
        }
        true
    }

    fn press_in_row(self, key: &str, event: &KeyboardEvent, row: &Element) -> bool {
        let is_control = browser::is_for_control(event);
        match key {
            "ArrowDown" | "ArrowUp" => {
                self.go(if key == "ArrowDown" { 1 } else { -1 });
                if event.shift_key() {
                    self.mark_row(true);
                }
            }
            "PageDown" => self.go(PAGE),
            "PageUp" => self.go(-PAGE),
            "Home" => self.go(isize::MIN),
            "End" => self.go(isize::MAX),
            "ArrowRight" => go_within(row, event, 1),
            "ArrowLeft" => go_within(row, event, -1),
            // On a control, these keys press it.
            "Enter" if !is_control => self.open(self.row.get_untracked()),
            " " if !is_control => return self.mark_row(event.shift_key()),
            _ => return false,
        }
        true
    }

    fn mark_row(self, range: bool) -> bool {
        let id = self.row.get_untracked();
        let messages = self.messages.read_untracked();
        let is_there = messages.find(&id).is_some();
        if is_there {
            self.marked.mark(&messages, &MessageMark { id, range });
        }
        is_there
    }
}

/// Goes to the next or previous control of a row. Before the first one is the row itself.
fn go_within(row: &Element, event: &KeyboardEvent, by: i32) {
    let target = browser::target(event);
    let place = target.and_then(|target| target.get_attribute(PLACE));
    let now: i32 = place.and_then(|place| place.parse().ok()).unwrap_or(0);
    let mut next = now + by;
    // Not every row has every control.
    while next <= 5 && !browser::focus_in(row, &format!("[{PLACE}=\"{next}\"]")) {
        if next <= 0 {
            browser::focus(&row.id());
            return;
        }
        next += by;
    }
}
