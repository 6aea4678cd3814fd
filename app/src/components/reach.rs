//! Whom permissions reach: clients, topics, and everyone.

use leptos::prelude::*;

use super::{EraseView, outside, text};
use crate::{i18n::texts, wire::KeyPermission};

/// A tag for each pattern, or one that says that nothing is left out.
pub(crate) fn reach(permissions: &[KeyPermission]) -> AnyView {
    let clients = permissions.iter().flat_map(|p| &p.clients);
    let topics = permissions.iter().flat_map(|p| &p.topics);
    let mut patterns: Vec<String> = clients.chain(topics).cloned().collect();
    patterns.sort_unstable();
    patterns.dedup();
    let everyone = permissions.iter().any(|permission| permission.everyone);
    let is_all = everyone && patterns.iter().map(String::as_str).eq(["*", "**"]);
    let word = text(move || {
        let texts = &texts().api_keys;
        match (is_all, everyone) {
            (true, _) => texts.unrestricted.to_owned(),
            (false, true) => texts.everyone.to_owned(),
            (false, false) => String::new(),
        }
    });
    if is_all {
        patterns.clear();
    }
    let tag =
        |pattern: String| view! { <span class="tag">{outside(pattern)}</span> }.erase_client_only();
    view! {
        {patterns.into_iter().map(tag).collect::<Vec<_>>()}
        <span class="tag plain">{word}</span>
    }
    .erase_client_only()
}
