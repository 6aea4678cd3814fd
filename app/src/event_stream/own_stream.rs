//! A stream on an `EventSource` of this page.
//!
//! The browser parses the stream and reconnects. This module adds what an EventSource lacks: the reason of a refusal and
//! further attempts, the detection of dead connections, a position that survives a reload, and slices for long backlogs,
//! so that the page stays responsive.

mod queue;
mod receive;

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};

use js_sys::Math;
use leptos::{
    task::spawn_local,
    wasm_bindgen::{JsCast, closure::Closure},
    web_sys::{EventSource, EventTarget, MessageEvent},
};

use self::queue::Queue;
use super::{
    acks::Acks,
    reader::Reader,
    refusal::{self, Refusal},
    schedule::{Moment, Next, Schedule},
    state::{Callbacks, Subscription},
};
use crate::{
    api::encoded,
    browser::{self, Listener, Task, Timer},
};

/// The events of a stream. Messages of all types are `message` events with envelopes.
const EVENTS: [&str; 8] = [
    "message",
    "welcome",
    "ping",
    "gap",
    "refused",
    "recall",
    "reconnect",
    "error",
];

/// A stream that is kept open. Closed when it is dropped.
pub(super) struct OwnStream(Rc<Inner>);

struct Inner {
    client_id: String,
    callbacks: Callbacks,
    /// None for a stream that stores no position and sends no acknowledgements.
    persistence: Option<Persistence>,
    current: RefCell<Current>,
    slice: Task,
    timer: Cell<Option<Timer>>,
    on_event: Closure<dyn FnMut(MessageEvent)>,
    listeners: Cell<Vec<Listener>>,
    this: Weak<Inner>,
}

struct Persistence {
    /// The key of the position in the session storage.
    key: String,
    acks: Acks,
}

/// The mutable state.
struct Current {
    topics: Vec<String>,
    schedule: Schedule,
    source: Option<Source>,
    /// The position of the newest event that has arrived. The stream is reopened after it.
    cursor: String,
    queue: Queue,
    reader: Reader,
}

/// An open EventSource; closed when it is dropped.
struct Source {
    source: EventSource,
    /// Its last event id. An event without an id of its own repeats it.
    last_id: String,
}

impl OwnStream {
    /// Opens a stream. `persists`: whether it stores its position and acknowledges messages.
    pub(super) fn open(subscription: &Subscription, persists: bool, callbacks: Callbacks) -> Self {
        let Subscription { client_id, topics } = subscription.clone();
        let persistence = persists.then(|| Persistence {
            // The name that `/tidings.js` uses, so that the position is kept when tabs begin to share.
            key: format!("tidings.place {client_id} {}", browser::base_url()),
            acks: Acks::default(),
        });
        let position = persistence.as_ref();
        let position = position.and_then(|persistence| browser::session_get(&persistence.key));
        let position = position.unwrap_or_default();
        let inner = Rc::new_cyclic(|this: &Weak<Inner>| Inner {
            client_id,
            callbacks,
            persistence,
            current: RefCell::new(Current {
                topics,
                schedule: Schedule::new(),
                source: None,
                cursor: position.clone(),
                queue: Queue::default(),
                reader: Reader::new(position),
            }),
            slice: Task::new(with(this, Inner::handle_slice)),
            timer: Cell::default(),
            on_event: {
                let this = Weak::clone(this);
                Closure::new(move |event| {
                    if let Some(inner) = this.upgrade() {
                        inner.receive(event);
                    }
                })
            },
            listeners: Cell::default(),
            this: Weak::clone(this),
        });
        inner.listen_to_the_page();
        inner.start();
        Self(inner)
    }

    /// Subscribes to these topics. No message is lost meanwhile.
    pub(super) fn set_topics(&self, topics: &[String]) {
        let next = {
            let mut current = self.0.current.borrow_mut();
            let same = current.topics == topics;
            current.topics = topics.to_vec();
            match same || current.schedule.is_closed() {
                true => Next::Stay,
                false => Next::Open,
            }
        };
        self.0.act(next);
    }

    /// Tries now instead of waiting.
    pub(super) fn retry(&self) {
        self.0.decide(|schedule, _| schedule.retry());
    }
}

impl Drop for OwnStream {
    fn drop(&mut self) {
        self.0.listeners.take();
        self.0.current.borrow_mut().queue = Queue::default();
        self.0.stop();
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.source.close();
    }
}

/// Calls a method of the stream, unless it is closed.
fn with(this: &Weak<Inner>, then: fn(&Inner)) -> impl Fn() + use<> {
    let this = Weak::clone(this);
    move || {
        if let Some(inner) = this.upgrade() {
            then(&inner);
        }
    }
}

/// Opening and closing.
impl Inner {
    /// Closes the stream when the page is hidden for good or frozen, and opens it when the page returns.
    fn listen_to_the_page(&self) {
        let (window, document) = browser::window_and_document();
        let on = |target: &EventTarget, event, then: fn(&Self)| {
            let then = with(&self.this, then);
            Listener::new(target.clone(), event, move |_| then())
        };
        self.listeners.set(Vec::from([
            on(&window, "online", Self::wake),
            on(&window, "offline", Self::wake),
            on(&window, "pageshow", Self::start),
            on(&window, "pagehide", Self::stop),
            on(&document, "resume", Self::start),
            on(&document, "freeze", Self::stop),
            on(&document, "visibilitychange", Self::handle_visibility),
        ]));
    }

    fn start(&self) {
        if self.current.borrow().schedule.is_closed() {
            self.act(Next::Open);
        }
    }

    fn stop(&self) {
        self.acknowledge();
        self.decide(|schedule, _| schedule.close());
    }

    fn handle_visibility(&self) {
        match browser::is_hidden() {
            true => self.acknowledge(),
            false => self.wake(),
        }
    }

    fn wake(&self) {
        self.decide(Schedule::wake);
    }

    fn check(&self) {
        self.decide(Schedule::check);
    }

    fn acknowledge(&self) {
        if let Some(persistence) = &self.persistence {
            persistence.acks.send(&self.client_id);
        }
    }

    fn decide(&self, decide: impl FnOnce(&mut Schedule, Moment) -> Next) {
        let next = decide(&mut self.current.borrow_mut().schedule, moment());
        self.act(next);
    }

    /// Executes a decision of the schedule, and reports the status to the page.
    fn act(&self, next: Next) {
        if next != Next::Stay {
            // Closed before another one is opened, because the number of connections of a client is limited.
            self.current.borrow_mut().source = None;
        }
        match next {
            Next::Stay | Next::Close => {}
            Next::Open => self.open(),
            Next::Ask => self.ask(),
        }
        let (due, status) = {
            let schedule = &mut self.current.borrow_mut().schedule;
            (schedule.due(), schedule.take_status())
        };
        self.timer
            .set(due.map(|due| Timer::after(due - browser::now(), with(&self.this, Self::check))));
        if let Some(status) = status {
            (self.callbacks.on_status)(status);
        }
    }

    fn open(&self) {
        let mut current = self.current.borrow_mut();
        let url = self.url(&current.topics, "last_event_id", &current.cursor);
        current.schedule.open(browser::now());
        let Ok(source) = EventSource::new(&url) else {
            return;
        };
        for name in EVENTS {
            let listener = self.on_event.as_ref().unchecked_ref();
            let _ = source.add_event_listener_with_callback(name, listener);
        }
        current.source = Some(Source {
            source,
            last_id: String::new(),
        });
    }

    fn url(&self, topics: &[String], name: &str, value: &str) -> String {
        let mut url = format!("sse?envelope=json&client_id={}", encoded(&self.client_id));
        for topic in topics {
            url += "&topic=";
            url += &encoded(topic);
        }
        if !value.is_empty() {
            url += "&";
            url += name;
            url += "=";
            url += &encoded(value);
        }
        url
    }

    /// Asks the server why it refused the stream.
    fn ask(&self) {
        // From the newest position on, so that the answer contains no messages.
        let url = self.url(&self.current.borrow().topics, "since", "latest");
        let this = Weak::clone(&self.this);
        spawn_local(async move {
            let refusal = refusal::ask(&url).await;
            if let Some(inner) = this.upgrade() {
                inner.handle_refusal(refusal);
            }
        });
    }

    fn handle_refusal(&self, refusal: Refusal) {
        // Otherwise the stream was reopened meanwhile.
        let is_closed = self.current.borrow().source.is_none();
        self.decide(|schedule, moment| match refusal {
            Refusal::Refused {
                status,
                reason,
                after,
            } if is_closed => schedule.refused(status, reason, after, moment),
            Refusal::Over if is_closed => schedule.unexplained("ended", moment),
            Refusal::Unreachable if is_closed => schedule.unexplained("unreachable", moment),
            _ => Next::Stay,
        });
    }
}

fn moment() -> Moment {
    Moment {
        now: browser::now(),
        random: Math::random(),
        // A server on this machine needs no network.
        cut_off: browser::is_offline() && !browser::is_on_loopback(),
    }
}
