//! Acknowledges messages: only the newest position, and at most about once a second.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use js_sys::Reflect;
use leptos::{
    task::spawn_local,
    wasm_bindgen::JsValue,
    web_sys::{RequestInit, Response},
};

use crate::{
    browser::{self, Timer},
    cursor::covers,
    wire::Ack,
};

/// Milliseconds between two acknowledgements.
const APART: f64 = 1_000.0;
/// Milliseconds to wait for further messages, so that one acknowledgement covers them.
const GATHER: f64 = 50.0;

/// The acknowledgements of a client.
#[derive(Default)]
pub(super) struct Acks {
    /// The position to acknowledge; empty: none.
    due: Rc<RefCell<String>>,
    last: Cell<f64>,
    is_planned: Cell<bool>,
    timer: Cell<Option<Timer>>,
}

impl Acks {
    /// The page has shown everything up to this position.
    pub(super) fn shown(&self, id: &str) {
        let mut due = self.due.borrow_mut();
        if !covers(&due, id) {
            id.clone_into(&mut due);
        }
    }

    /// The server can be reached. `send` is called when it is time, if there is something to send.
    pub(super) fn plan(&self, send: impl Fn() + 'static) {
        if !self.due.borrow().is_empty() && !self.is_planned.replace(true) {
            let wait = self.last.get() + APART - browser::now();
            let timer = Timer::after(wait.clamp(GATHER, APART), send);
            self.timer.set(Some(timer));
        }
    }

    /// Sends what is due, also while the page is being left.
    pub(super) fn send(&self, client_id: &str) {
        self.timer.take();
        self.is_planned.set(false);
        let id = self.due.take();
        if id.is_empty() {
            return;
        }
        self.last.set(browser::now());
        let due = Rc::clone(&self.due);
        let ack = Ack {
            client_id: client_id.to_owned(),
            id,
        };
        // Posted now: a page that is being left may not come to it later.
        let answer = post(&ack);
        spawn_local(async move {
            let is_taken = answer.await.is_ok_and(|answer| answer.ok());
            let mut due = due.borrow_mut();
            // Sent again with the next message, when the stream is open again, or when the page is left.
            if !is_taken && due.is_empty() {
                *due = ack.id;
            }
        });
    }
}

fn post(ack: &Ack) -> impl Future<Output = Result<Response, JsValue>> + use<> {
    let request = RequestInit::new();
    request.set_method("POST");
    request.set_body(&serde_json::to_string(ack).unwrap_or_default().into());
    let _ = Reflect::set(&request, &"keepalive".into(), &JsValue::TRUE);
    browser::fetch("ack", &request)
}
