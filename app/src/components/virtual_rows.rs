//! Long lists of which only those rows are in the page that can be seen. All rows have the height `--row`.

use leptos::{
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{Element, HtmlElement},
};

use super::{EraseView, ListItem};
use crate::erased_signal::ErasedSignal;

/// Rows above and below the visible ones that are in the page too, so that scrolling shows no gaps.
pub(crate) const SPARE: u64 = 2;

/// The rows that are in the page, and the one after them, in steps of four, so that not each row that is scrolled is a change.
///
/// `above`: the height of what is above the visible part, `height`: that of the visible part, `row`: that of a row.
pub(crate) fn rows_in_page(above: f64, height: f64, row: f64) -> (u64, u64) {
    let row = row.max(1.0);
    // What is below zero becomes zero.
    let first = (above / row) as u64;
    let end = ((above + height) / row).ceil() as u64;
    let first = first.saturating_sub(SPARE) / 4 * 4;
    (first, (end + SPARE).next_multiple_of(4))
}

/// Sets the rows that are in the page, if others can be seen now.
pub(crate) fn show_rows(in_page: ErasedSignal<(u64, u64)>, seen: Option<(u64, u64)>) {
    if let (Some(seen), Some(known)) = (seen, in_page.try_read_untracked())
        && *known != seen
    {
        in_page.set(seen);
    }
}

/// The space of rows that are not in the page.
pub(crate) fn gap(start: u64, end: u64) -> ListItem {
    let count = end - start;
    ListItem::new(format!("{start} {count}"), move || {
        view! { <div role="none" class="gap" use:rows_high=count></div> }.erase()
    })
}

/// Gives an element the height of some rows.
fn rows_high(element: Element, rows: u64) {
    if let Ok(element) = element.dyn_into::<HtmlElement>() {
        let height = format!("calc(var(--row) * {rows})");
        let _ = HtmlElement::style(&element).set_property("height", &height);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_around_the_visible_ones_are_in_the_page() {
        assert_eq!(rows_in_page(0.0, 400.0, 40.0), (0, 12));
        assert_eq!(rows_in_page(3_960.0, 400.0, 40.0), (96, 112));
        // A row more changes nothing.
        assert_eq!(rows_in_page(4_000.0, 400.0, 40.0), (96, 112));
        // The list begins below the visible part.
        assert_eq!(rows_in_page(-800.0, 400.0, 40.0), (0, 4));
        assert_eq!(rows_in_page(-200.0, 400.0, 40.0), (0, 8));
    }
}
