//! A function that runs in a task of its own.

use std::cell::Cell;

use leptos::wasm_bindgen::{self, closure::Closure, prelude::wasm_bindgen};

#[wasm_bindgen]
extern "C" {
    type MessageChannel;

    #[wasm_bindgen(constructor)]
    fn new() -> MessageChannel;

    #[wasm_bindgen(method, getter)]
    fn port1(this: &MessageChannel) -> MessagePort;

    #[wasm_bindgen(method, getter)]
    fn port2(this: &MessageChannel) -> MessagePort;

    type MessagePort;

    #[wasm_bindgen(method, setter)]
    fn set_onmessage(this: &MessagePort, then: &Closure<dyn FnMut()>);

    #[wasm_bindgen(method, js_name = postMessage)]
    fn post_message(this: &MessagePort, message: bool);

    #[wasm_bindgen(method)]
    fn close(this: &MessagePort);
}

/// A function that runs in a later task, after the browser had a chance to draw and to take input. Unlike a timer, it
/// is not delayed in hidden pages.
pub(crate) struct Task {
    port: MessagePort,
    is_due: Cell<bool>,
    _then: Closure<dyn FnMut()>,
}

impl Task {
    pub(crate) fn new(then: impl FnMut() + 'static) -> Self {
        let channel = MessageChannel::new();
        let then = Closure::new(then);
        channel.port1().set_onmessage(&then);
        Self {
            port: channel.port2(),
            is_due: Cell::new(false),
            _then: then,
        }
    }

    /// Lets it run once. Asking again before [`Self::began`] changes nothing.
    pub(crate) fn ask(&self) {
        if !self.is_due.replace(true) {
            self.port.post_message(true);
        }
    }

    /// It runs, and may be asked for again.
    pub(crate) fn began(&self) {
        self.is_due.set(false);
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.port.close();
    }
}
