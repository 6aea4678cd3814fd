//! Type erasure for views: browsers load code for each type of view, so views that differ only in
//! their types are converted to one type here.

#[cfg(feature = "hydrate")]
mod erased;

use leptos::{prelude::*, tachys::view::RenderHtml};
use std::sync::Arc;

/// A view that is shown while a condition holds.
pub(crate) fn when(
    holds: impl Fn() -> bool + Send + Sync + 'static,
    view: impl Fn() -> AnyView + Send + Sync + 'static,
) -> AnyView {
    choose(Arc::new(holds), Arc::new(view), Arc::new(nothing))
}

/// One view while a condition holds, otherwise another.
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

/// Converts a view to one common type.
pub(crate) trait EraseView {
    /// For views that the server renders too.
    fn erase(self) -> AnyView;

    /// For views that only browsers create, from data that they have loaded.
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

/// On the server the code size does not matter.
#[cfg(not(feature = "hydrate"))]
fn erase<V: RenderHtml + 'static, const RENDERED: bool>(view: V) -> AnyView {
    view.into_any()
}
