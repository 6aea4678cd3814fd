//! Signals, effects and click handlers with boxed closures, so that code is generated for each type of
//! value and not for each closure.

use leptos::{ev::MouseEvent, prelude::*};
use std::cell::Cell;

/// A click handler.
pub(crate) type ClickHandler = Box<dyn FnMut(MouseEvent)>;

/// Makes a click handler.
pub(crate) fn on_click(act: impl Fn() + 'static) -> ClickHandler {
    Box::new(move |_| act())
}

/// A boxed closure, so that code is generated for each type of value and not for each closure.
type Make<T> = Box<dyn Fn() -> T + Send + Sync>;

fn derived<T: Send + Sync + 'static>(make: Make<T>) -> Signal<T> {
    Signal::derive(make)
}

/// A text signal.
pub(crate) fn text(text: impl Fn() -> String + Send + Sync + 'static) -> Signal<String> {
    derived(Box::new(text))
}

/// An optional text. Its element takes no space while it is none.
pub(crate) fn optional_text(
    text: impl Fn() -> Option<String> + Send + Sync + 'static,
) -> Signal<Option<String>> {
    derived(Box::new(text))
}

/// A signal of a static text, for example for an attribute.
pub(crate) fn static_text(
    word: impl Fn() -> &'static str + Send + Sync + 'static,
) -> Signal<&'static str> {
    derived(Box::new(word))
}

/// `"true"` or `"false"`, for ARIA attributes.
pub(crate) fn aria_bool(holds: impl Fn() -> bool + Send + Sync + 'static) -> Signal<&'static str> {
    static_text(move || if holds() { "true" } else { "false" })
}

/// A boolean signal.
pub(crate) fn bool_signal(holds: impl Fn() -> bool + Send + Sync + 'static) -> Signal<bool> {
    derived(Box::new(holds))
}

/// Runs in the browser, and again whenever a signal that it reads changes.
pub(crate) fn effect(act: impl Fn() + 'static) {
    start(Box::new(act));
}

fn start(act: Box<dyn Fn()>) {
    Effect::new(act);
}

/// Runs whenever a signal that `of` reads changes, but not at first.
pub(crate) fn on_change(of: impl Fn() + 'static, act: impl Fn() + 'static) {
    let begun = Cell::new(false);
    effect(move || {
        of();
        if begun.replace(true) {
            untrack(&act);
        }
    });
}
