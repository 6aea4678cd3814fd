//! The data of a message, of any length: in parts, of which the browser lays out only those that are seen.

use leptos::prelude::*;

use super::{EraseView, ListItem, effect, keyed_list, outside_data};
use crate::{browser::Timer, outside_text::visible};

/// Lines of a part.
const LINES: usize = 100;
/// Bytes of a part. Longer lines are in several parts.
const BYTES: usize = 8_192;

/// The data of a message: URLs of the web become links, in a long text those of its first part. The other parts are added one
/// after the other, each in a task of its own, so that they do not keep the page from answering.
pub(crate) fn long_data(text: &str) -> AnyView {
    let mut parts = parts(text).into_iter();
    let first = outside_data(parts.next().unwrap_or_default());
    let rest: Vec<String> = parts.map(|part| visible(part).into_owned()).collect();
    if rest.is_empty() {
        return first;
    }
    let (length, shown) = (rest.len(), RwSignal::new(0));
    effect(move || {
        if shown.get() < length {
            let add = move || {
                shown.try_update(|shown| *shown += 1);
            };
            Timer::after(0.0, add).detach();
        }
    });
    let rest = StoredValue::new(rest);
    let part = move |n: usize| {
        let text = rest.with_value(|rest| rest[n].clone());
        view! { <bdi class="part">{text}</bdi> }.erase_client_only()
    };
    let rest = keyed_list(move || {
        let shown = 0..shown.get();
        shown.map(|n| ListItem::new(n, move || part(n))).collect()
    });
    view! { <span class="part">{first}</span> {rest} }.erase_client_only()
}

/// Splits a text after lines, or where a line is too long.
fn parts(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (part, after) = rest.split_at(end_of_part(rest));
        parts.push(part);
        rest = after;
    }
    parts
}

fn end_of_part(text: &str) -> usize {
    let mut end = 0;
    for line in text.split_inclusive('\n').take(LINES) {
        if end + line.len() > BYTES {
            break;
        }
        end += line.len();
    }
    match end {
        // Its first line is too long.
        0 => (BYTES.min(text.len())..=text.len())
            .find(|end| text.is_char_boundary(*end))
            .unwrap_or(text.len()),
        end => end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_split_after_lines() {
        let text = "line\n".repeat(2 * LINES + 1);
        let lengths: Vec<_> = parts(&text)
            .iter()
            .map(|part| part.lines().count())
            .collect();
        assert_eq!(lengths, [LINES, LINES, 1]);
        assert_eq!(parts("one\r\ntwo"), ["one\r\ntwo"]);
        assert_eq!(parts(""), [""; 0]);
    }

    #[test]
    fn a_long_line_is_split_between_characters() {
        let text = format!("a\n{}\nb", "é".repeat(BYTES));
        let parts = parts(&text);
        assert_eq!(parts.concat(), text);
        assert_eq!(parts[0], "a\n");
        assert!(
            parts.iter().all(|part| part.len() <= BYTES + 3),
            "{}",
            parts.len()
        );
        assert_eq!(parts.len(), 4);
    }
}
