//! The keys of the history. Letters work wherever the focus is, unless something is being typed. Arrows work in the list.

use leptos::{prelude::*, web_sys::Element, web_sys::KeyboardEvent};

use super::History;
use crate::{
    browser,
    components::{LAST_PLACE, MessageMark, effect, place_of, row_of},
};

/// Rows that *Page Up* and *Page Down* go.
const PAGE: isize = 10;

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
        match (event.key().as_str(), row_of(event)) {
            ("j", _) => self.go(1),
            ("k", _) => self.go(-1),
            ("x" | "X", _) => return self.mark_row(event.shift_key()),
            (key, Some((row, _))) => return self.press_in_row(key, event, &row),
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
fn go_within(row: &Element, event: &KeyboardEvent, by: i8) {
    let now = browser::target(event).and_then(|target| place_of(&target));
    let mut place = now.unwrap_or(0);
    loop {
        place = place.saturating_add_signed(by);
        if place == 0 {
            browser::focus(&row.id());
        }
        // Not every row has every control.
        let found = browser::focus_in(row, &format!("[data-n=\"{place}\"]"));
        if found || place == 0 || place > LAST_PLACE {
            return;
        }
    }
}
