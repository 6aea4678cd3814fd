//! Views that are made a few per frame, so that a list with many new rows does not block its user.

use std::{cell::RefCell, mem};

use leptos::{leptos_dom::helpers::request_animation_frame, prelude::*};

use super::EraseView;

/// Views that are made in one frame.
const PER_FRAME: usize = 4;

thread_local! {
    static QUEUE: RefCell<Queue> = const { RefCell::new(Queue { made: 0, waiting: Vec::new(), has_next: false }) };
}

/// The views that wait for their turn.
struct Queue {
    /// Views that were made in this frame.
    made: usize,
    waiting: Vec<Turn>,
    /// Whether the next frame begins with `next_frame`.
    has_next: bool,
}

/// When a view is made. Copies are the same.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Turn(RwSignal<bool>);

/// A view that is made in its turn: at once, or in one of the next frames.
pub(crate) fn in_turn(turn: Turn, view: impl Fn() -> AnyView + Send + Sync + 'static) -> AnyView {
    let shown = move || match turn.0.get() {
        true => untrack(&view),
        false => ().into_any(),
    };
    shown.erase_client_only()
}

impl Turn {
    pub(crate) fn new() -> Self {
        let turn = Self(RwSignal::new(false));
        turn.ask();
        turn
    }

    /// Lets the view be made again, in its next turn. It stays as it was until then.
    pub(crate) fn ask(self) {
        let at_once = QUEUE.with_borrow_mut(|queue| {
            if !mem::replace(&mut queue.has_next, true) {
                // This frame may not have begun, and would call what it is asked for now.
                request_animation_frame(|| request_animation_frame(next_frame));
            }
            let at_once = queue.made < PER_FRAME && queue.waiting.is_empty();
            if at_once {
                queue.made += 1;
            } else {
                // Those that have left the page need none.
                queue
                    .waiting
                    .retain(|other| !other.0.is_disposed() && *other != self);
                queue.waiting.push(self);
            }
            at_once
        });
        if at_once {
            self.0.set(true);
        }
    }
}

fn next_frame() {
    let due = QUEUE.with_borrow_mut(|queue| {
        queue.made = queue.waiting.len().min(PER_FRAME);
        queue.has_next = queue.made > 0;
        let others = queue.waiting.split_off(queue.made);
        mem::replace(&mut queue.waiting, others)
    });
    if !due.is_empty() {
        request_animation_frame(next_frame);
    }
    for turn in due {
        turn.0.try_set(true);
    }
}
