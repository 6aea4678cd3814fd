//! Events that have arrived and are not handled yet.

use std::collections::VecDeque;

use js_sys::JsString;
use leptos::{wasm_bindgen::JsCast, web_sys::MessageEvent};

/// Characters of events that are handled in one task, so that the page stays responsive during a long backlog.
pub(super) const SLICE: u32 = 16_384;
/// Characters of events that may wait.
const MOST: u32 = 4 << 20;
/// Characters that an event counts for besides its data.
const AROUND: u32 = 64;

/// An event.
pub(super) struct Arrived {
    pub(super) event: MessageEvent,
    /// The id of the event itself.
    pub(super) id: Option<String>,
}

/// The events, in order.
#[derive(Default)]
pub(super) struct Queue {
    events: VecDeque<Arrived>,
    size: u32,
}

impl Queue {
    /// Adds an event. Returns whether the queue is full: then a slice has to be handled before the browser may go on.
    pub(super) fn push(&mut self, arrived: Arrived) -> bool {
        self.size += arrived.size();
        self.events.push_back(arrived);
        self.size > MOST
    }

    /// Takes the next event of a slice. `left` is what the slice may still have; it begins with [`SLICE`].
    pub(super) fn pop(&mut self, left: &mut u32) -> Option<Arrived> {
        if *left == 0 {
            return None;
        }
        let arrived = self.events.pop_front()?;
        let size = arrived.size();
        self.size -= size;
        *left = left.saturating_sub(size);
        Some(arrived)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }
}

impl Arrived {
    fn size(&self) -> u32 {
        let data = self.event.data();
        data.dyn_ref::<JsString>().map_or(0, JsString::length) + AROUND
    }
}
