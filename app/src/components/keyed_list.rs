//! Keyed lists: items are added, removed and moved without rendering the others again.

#[cfg(feature = "hydrate")]
mod in_place;
#[cfg(any(feature = "hydrate", test))]
mod moves;

use std::sync::Arc;

use leptos::prelude::*;

use super::EraseView;
#[cfg(feature = "hydrate")]
use super::browser_view::InBrowser;

type View = Arc<dyn Fn() -> AnyView + Send + Sync>;

/// An item of a list: its key and its view.
pub(crate) struct ListItem {
    key: String,
    view: View,
}

impl ListItem {
    pub(crate) fn new(
        key: impl ToString,
        view: impl Fn() -> AnyView + Send + Sync + 'static,
    ) -> Self {
        Self {
            key: key.to_string(),
            view: Arc::new(view),
        }
    }
}

type Entries = Arc<dyn Fn() -> Vec<ListItem> + Send + Sync>;

/// A list whose items are known by their keys.
pub(crate) fn keyed_list(entries: impl Fn() -> Vec<ListItem> + Send + Sync + 'static) -> AnyView {
    list(Arc::new(entries))
}

/// In the browser.
#[cfg(feature = "hydrate")]
fn list(entries: Entries) -> AnyView {
    let owner = in_place::owner_of_items();
    let list = move || InBrowser(in_place::InPlace::new(entries(), owner.clone()));
    list.erase()
}

/// The server renders a list once.
#[cfg(not(feature = "hydrate"))]
fn list(entries: Entries) -> AnyView {
    let each = move || entries();
    let key = |entry: &ListItem| entry.key.clone();
    let children = |entry: ListItem| (entry.view)();
    view! { <For each key children /> }.erase()
}
