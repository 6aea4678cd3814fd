//! Events that have arrived and are not handled yet.

use std::collections::VecDeque;

use js_sys::JsString;
use leptos::{wasm_bindgen::JsCast, web_sys::MessageEvent};

/// Characters of events that are handled in one task, so that the page stays responsive during a long backlog.
pub(super) const SLICE: u32 = 16_384;
/// Characters of queued events, at most.
const MAX_SIZE: u32 = 4 << 20;
/// Characters that are counted for an event besides its data.
const EVENT_OVERHEAD: u32 = 64;

/// An event.
pub(super) struct QueuedEvent {
    pub(super) event: MessageEvent,
    /// The id of the event itself.
    pub(super) id: Option<String>,
}

/// The events, in order.
#[derive(Default)]
pub(super) struct Queue {
    events: VecDeque<QueuedEvent>,
    size: u32,
}

impl Queue {
    /// Adds an event. Returns whether the queue is full. Then a slice must be handled at once.
    pub(super) fn push(&mut self, arrived: QueuedEvent) -> bool {
        self.size += arrived.size();
        self.events.push_back(arrived);
        self.size > MAX_SIZE
    }

    /// Takes the next event of a slice. `left` is the rest of the slice, in characters. It begins with [`SLICE`].
    pub(super) fn pop(&mut self, left: &mut u32) -> Option<QueuedEvent> {
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

impl QueuedEvent {
    fn size(&self) -> u32 {
        let data = self.event.data();
        data.dyn_ref::<JsString>().map_or(0, JsString::length) + EVENT_OVERHEAD
    }
}
