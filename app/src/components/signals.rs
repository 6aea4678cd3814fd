//! Signals, effects and click handlers with boxed closures, so that code is generated for each type of
//! value and not for each closure.

use leptos::{ev::MouseEvent, prelude::*};
use std::cell::Cell;

/// A handler of clicks.
pub(crate) type ClickHandler = Box<dyn FnMut(MouseEvent)>;

/// What a button does.
pub(crate) fn on_click(act: impl Fn() + 'static) -> ClickHandler {
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
pub(crate) fn optional_text(
    text: impl Fn() -> Option<String> + Send + Sync + 'static,
) -> Signal<Option<String>> {
    derived(Box::new(text))
}

/// One of a few words, for an attribute.
pub(crate) fn static_text(
    word: impl Fn() -> &'static str + Send + Sync + 'static,
) -> Signal<&'static str> {
    derived(Box::new(word))
}

/// `"true"` or `"false"`, as the attributes of ARIA want it.
pub(crate) fn aria_bool(holds: impl Fn() -> bool + Send + Sync + 'static) -> Signal<&'static str> {
    static_text(move || if holds() { "true" } else { "false" })
}

/// Whether something holds.
pub(crate) fn bool_signal(holds: impl Fn() -> bool + Send + Sync + 'static) -> Signal<bool> {
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
