//! Type erasure for views: browsers load code for each type of view, so views that differ only in
//! their types are converted to one type here.

#[cfg(feature = "hydrate")]
mod erased;

use leptos::{prelude::*, tachys::view::RenderHtml};
use std::sync::Arc;

/// A view that is there while something holds.
pub(crate) fn when(
    holds: impl Fn() -> bool + Send + Sync + 'static,
    view: impl Fn() -> AnyView + Send + Sync + 'static,
) -> AnyView {
    choose(Arc::new(holds), Arc::new(view), Arc::new(nothing))
}

/// One view while something holds, and another while it does not.
pub(crate) fn either(
    holds: impl Fn() -> bool + Send + Sync + 'static,
    view: impl Fn() -> AnyView + Send + Sync + 'static,
    other: impl Fn() -> AnyView + Send + Sync + 'static,
) -> AnyView {
    choose(Arc::new(holds), Arc::new(view), Arc::new(other))
}

fn nothing() -> AnyView {
    ().into_any()
}

type Condition = Arc<dyn Fn() -> bool + Send + Sync>;
type View = Arc<dyn Fn() -> AnyView + Send + Sync>;

fn choose(holds: Condition, view: View, other: View) -> AnyView {
    let holds = Memo::new(move |_| holds());
    let chosen = move || match holds.get() {
        true => view(),
        false => other(),
    };
    chosen.erase()
}

/// One entry of a list: what makes it the same entry as before, and how it looks.
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

/// Entries that come, go and change places; who stays is not touched.
pub(crate) fn keyed_list(entries: impl Fn() -> Vec<ListItem> + Send + Sync + 'static) -> AnyView {
    let entries: Arc<dyn Fn() -> Vec<ListItem> + Send + Sync> = Arc::new(entries);
    let each = move || entries();
    let key = |entry: &ListItem| entry.key.clone();
    let children = |entry: ListItem| (entry.view)();
    view! { <For each key children /> }.erase()
}

/// A view as one that looks like any other from outside.
pub(crate) trait EraseView {
    /// A part of a page that the server renders too.
    fn erase(self) -> AnyView;

    /// A part that only browsers make, out of what they have loaded.
    fn erase_client_only(self) -> AnyView;
}

impl<V: RenderHtml> EraseView for V {
    fn erase(self) -> AnyView {
        erase::<_, true>(self.into_owned())
    }

    fn erase_client_only(self) -> AnyView {
        erase::<_, false>(self.into_owned())
    }
}

#[cfg(feature = "hydrate")]
use erased::erase;

/// On the server there is nothing to save.
#[cfg(not(feature = "hydrate"))]
fn erase<V: RenderHtml + 'static, const RENDERED: bool>(view: V) -> AnyView {
    view.into_any()
}
