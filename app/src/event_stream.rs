//! One stream of Tidings in a page: an `EventSource` of its own, or one for all tabs of the client.

mod acks;
mod fields;
mod job;
mod own_stream;
mod reader;
mod refusal;
mod schedule;
mod shared_stream;
mod state;

use std::rc::Rc;

use leptos::prelude::*;

pub(crate) use job::{JobEvent, JobSource};
use own_stream::OwnStream;
use shared_stream::SharedStream;
use state::{Callbacks, Status};
pub(crate) use state::{Persistence, Reason, ReceivedMessage, State, StreamEvent, Subscription};

use crate::browser::{self, Timer};

/// A stream that is kept open until its component is gone. Copies are the same stream.
#[derive(Clone, Copy)]
pub(crate) struct EventStream {
    state: RwSignal<State>,
    upkeep: StoredValue<Upkeep, LocalStorage>,
}

struct Upkeep {
    then: Rc<dyn Fn(StreamEvent)>,
    client_id: String,
    persistence: Option<Persistence>,
    open: Option<Rc<Open>>,
    /// Counts down to the next try.
    timer: Option<Timer>,
}

enum Open {
    Own(OwnStream),
    Shared(SharedStream),
}

impl EventStream {
    /// A stream that is not open yet. `then` is called with everything it tells, in order.
    pub(crate) fn new(then: impl Fn(StreamEvent) + 'static) -> Self {
        let stream = Self {
            state: RwSignal::new(State::Connecting),
            upkeep: StoredValue::new_local(Upkeep {
                then: Rc::new(then),
                client_id: String::new(),
                persistence: None,
                open: None,
                timer: None,
            }),
        };
        on_cleanup(move || stream.close());
        stream
    }

    /// The state of the stream.
    pub(crate) fn state(self) -> Signal<State> {
        self.state.into()
    }

    /// Opens it for a subscription, in place of what it was open for. Without `persistence` it neither
    /// remembers where it was nor says what was shown: for who only looks on.
    pub(crate) fn listen(self, subscription: &Subscription, persistence: Option<Persistence>) {
        let same = self.upkeep.try_with_value(|upkeep| {
            let same =
                upkeep.client_id == subscription.client_id && upkeep.persistence == persistence;
            upkeep.open.clone().filter(|_| same)
        });
        match same.flatten().as_deref() {
            Some(Open::Own(stream)) => stream.set_topics(&subscription.topics),
            Some(Open::Shared(stream)) => stream.set_topics(&subscription.topics),
            None => {
                self.close();
                self.open(subscription, persistence);
            }
        }
    }

    /// Tries now instead of waiting.
    pub(crate) fn retry(self) {
        let open = self.upkeep.try_with_value(|upkeep| upkeep.open.clone());
        match open.flatten().as_deref() {
            Some(Open::Own(stream)) => stream.retry(),
            Some(Open::Shared(stream)) => stream.retry(),
            None => {}
        }
    }

    fn close(self) {
        // Closed once the upkeep is free again: it tells.
        let open = self.upkeep.try_update_value(|upkeep| {
            upkeep.timer = None;
            upkeep.open.take()
        });
        drop(open);
    }

    fn open(self, subscription: &Subscription, persistence: Option<Persistence>) {
        let Some(then) = self.upkeep.try_with_value(|upkeep| Rc::clone(&upkeep.then)) else {
            return;
        };
        let callbacks = Callbacks {
            on_event: then,
            on_status: Rc::new(move |status| self.set_status(status)),
        };
        let open = Rc::new(match persistence {
            Some(Persistence { shared: true }) => {
                Open::Shared(SharedStream::open(subscription, callbacks))
            }
            _ => Open::Own(OwnStream::open(
                subscription,
                persistence.is_some(),
                callbacks,
            )),
        });
        self.upkeep.try_update_value(|upkeep| {
            upkeep.client_id.clone_from(&subscription.client_id);
            upkeep.persistence = persistence;
            upkeep.open = Some(open);
        });
    }

    fn set_status(self, status: Status) {
        self.upkeep.try_update_value(|upkeep| upkeep.timer = None);
        let state = match status {
            Status::Connecting => State::Connecting,
            Status::Live => State::Live,
            Status::Waiting { due, reason } => return self.count_down(due, reason),
        };
        self.state.try_set(state);
    }

    /// Says once a second how long it is until the next try.
    fn count_down(self, due: f64, reason: Reason) {
        let left = (due - browser::now()).max(0.0);
        let seconds = (left / 1_000.0).ceil();
        self.state.try_set(State::Waiting {
            seconds: seconds as u32,
            offline: browser::is_offline(),
            reason: reason.clone(),
        });
        if seconds >= 1.0 {
            let next = left - (seconds - 1.0) * 1_000.0;
            let timer = Timer::after(next, move || self.count_down(due, reason));
            self.upkeep
                .try_update_value(|upkeep| upkeep.timer = Some(timer));
        }
    }
}
