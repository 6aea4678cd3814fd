//! Views at the seams between parts. The compiler writes code for each type of view, and browsers
//! have to load it; so what differs only in its types is given the same ones here.

#[cfg(feature = "hydrate")]
mod erased;

use leptos::{ev::MouseEvent, prelude::*, tachys::view::RenderHtml};
use std::{cell::Cell, sync::Arc};

/// A handler of clicks.
pub(crate) type Press = Box<dyn FnMut(MouseEvent)>;

/// What a button does.
pub(crate) fn press(act: impl Fn() + 'static) -> Press {
    Box::new(move |_| act())
}

/// What a signal is made of: boxed, so that code is written for each type of value and not for each
/// place that makes one.
type Make<T> = Box<dyn Fn() -> T + Send + Sync>;

fn derived<T: Send + Sync + 'static>(make: Make<T>) -> Signal<T> {
    Signal::derive(make)
}

/// A text that changes.
pub(crate) fn text(text: impl Fn() -> String + Send + Sync + 'static) -> Signal<String> {
    derived(Box::new(text))
}

/// A text that may be missing, as one that needs room only when it is there.
pub(crate) fn note(
    text: impl Fn() -> Option<String> + Send + Sync + 'static,
) -> Signal<Option<String>> {
    derived(Box::new(text))
}

/// One of a few words, for an attribute.
pub(crate) fn word(
    word: impl Fn() -> &'static str + Send + Sync + 'static,
) -> Signal<&'static str> {
    derived(Box::new(word))
}

/// `"true"` or `"false"`, as the attributes of ARIA want it.
pub(crate) fn aria(holds: impl Fn() -> bool + Send + Sync + 'static) -> Signal<&'static str> {
    word(move || if holds() { "true" } else { "false" })
}

/// Whether something holds.
pub(crate) fn flag(holds: impl Fn() -> bool + Send + Sync + 'static) -> Signal<bool> {
    derived(Box::new(holds))
}

/// Something to do in the browser, and to do again whenever a signal that it reads has changed.
pub(crate) fn effect(act: impl Fn() + 'static) {
    start(Box::new(act));
}

fn start(act: Box<dyn Fn()>) {
    Effect::new(act);
}

/// Something to do whenever what `of` reads has changed, and not before.
pub(crate) fn on_change(of: impl Fn() + 'static, act: impl Fn() + 'static) {
    let begun = Cell::new(false);
    effect(move || {
        of();
        if begun.replace(true) {
            untrack(&act);
        }
    });
}

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
    chosen.part()
}

/// One entry of a list: what makes it the same entry as before, and how it looks.
pub(crate) struct Entry {
    key: String,
    view: View,
}

impl Entry {
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
pub(crate) fn list(entries: impl Fn() -> Vec<Entry> + Send + Sync + 'static) -> AnyView {
    let entries: Arc<dyn Fn() -> Vec<Entry> + Send + Sync> = Arc::new(entries);
    let each = move || entries();
    let key = |entry: &Entry| entry.key.clone();
    let children = |entry: Entry| (entry.view)();
    view! { <For each key children /> }.part()
}

/// A view as one that looks like any other from outside.
pub(crate) trait IntoPart {
    /// A part of a page that the server renders too.
    fn part(self) -> AnyView;

    /// A part that only browsers make, out of what they have loaded.
    fn fresh(self) -> AnyView;
}

impl<V: RenderHtml> IntoPart for V {
    fn part(self) -> AnyView {
        erase::<_, true>(self.into_owned())
    }

    fn fresh(self) -> AnyView {
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
