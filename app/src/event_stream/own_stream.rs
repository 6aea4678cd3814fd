//! A stream on an `EventSource` of this page.
//!
//! The browser parses it and reconnects. What an EventSource does not do is done here: it does not say why it was
//! refused and gives up then, does not notice a dead connection, does not remember its position when the page is loaded
//! again, and hands over a long backlog faster than a page can draw.

mod arrived;
mod hear;

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

use self::arrived::Queue;
use super::{
    acks::Acks,
    reader::Reader,
    refusal::{self, Refusal},
    schedule::{Moment, Next, Schedule},
    state::{Sink, Subscription},
};
use crate::{
    api::encoded,
    browser::{self, Listener, Task, Timer},
};

/// Everything that is listened for. Messages of all types come as `message`, in envelopes.
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
    sink: Sink,
    /// None for a stream that only looks on.
    keeping: Option<Keeping>,
    current: RefCell<Current>,
    slice: Task,
    timer: Cell<Option<Timer>>,
    hear: Closure<dyn FnMut(MessageEvent)>,
    listeners: Cell<Vec<Listener>>,
    this: Weak<Inner>,
}

struct Keeping {
    /// The key of the position in the session storage.
    key: String,
    acks: Acks,
}

/// What changes.
struct Current {
    topics: Vec<String>,
    schedule: Schedule,
    source: Option<Source>,
    /// The position after which the stream is opened again: that of the newest event that arrived.
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
    /// Opens a stream. `keeps`: whether it remembers its position and acknowledges messages.
    pub(super) fn open(subscription: &Subscription, keeps: bool, sink: Sink) -> Self {
        let Subscription { client_id, topics } = subscription.clone();
        let keeping = keeps.then(|| Keeping {
            // The name that `/tidings.js` uses, so that the position is kept when tabs begin to share.
            key: format!("tidings.place {client_id} {}/", browser::origin()),
            acks: Acks::default(),
        });
        let position = keeping.as_ref();
        let position = position.and_then(|keeping| browser::session_get(&keeping.key));
        let position = position.unwrap_or_default();
        let inner = Rc::new_cyclic(|this: &Weak<Inner>| Inner {
            client_id,
            sink,
            keeping,
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
            hear: {
                let this = Weak::clone(this);
                Closure::new(move |event| {
                    if let Some(inner) = this.upgrade() {
                        inner.hear(event);
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

    /// Subscribes to these topics. What happens meanwhile is not lost.
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

/// Calls a method as long as there is something to call it on.
fn with(this: &Weak<Inner>, then: fn(&Inner)) -> impl Fn() + use<> {
    let this = Weak::clone(this);
    move || {
        if let Some(inner) = this.upgrade() {
            then(&inner);
        }
    }
}

/// When it is opened and closed.
impl Inner {
    /// A page that is left or frozen has no connection, and one that comes back has it again.
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
            on(&document, "visibilitychange", Self::look_after),
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

    fn look_after(&self) {
        match browser::is_hidden() {
            true => self.acknowledge(),
            false => self.wake(),
        }
    }

    fn wake(&self) {
        self.decide(Schedule::wake);
    }

    fn look(&self) {
        self.decide(Schedule::look);
    }

    fn acknowledge(&self) {
        if let Some(keeping) = &self.keeping {
            keeping.acks.send(&self.client_id);
        }
    }

    fn decide(&self, decide: impl FnOnce(&mut Schedule, Moment) -> Next) {
        let next = decide(&mut self.current.borrow_mut().schedule, moment());
        self.act(next);
    }

    /// Does what the schedule says, and tells the page how it stands.
    fn act(&self, next: Next) {
        if next != Next::Stay {
            // Before another is opened, because a client has a limited number of connections.
            self.current.borrow_mut().source = None;
        }
        match next {
            Next::Stay | Next::Close => {}
            Next::Open => self.open(),
            Next::Ask => self.ask(),
        }
        let (due, standing) = {
            let schedule = &mut self.current.borrow_mut().schedule;
            (schedule.due(), schedule.take_standing())
        };
        self.timer
            .set(due.map(|due| Timer::after(due - browser::now(), with(&self.this, Self::look))));
        if let Some(standing) = standing {
            (self.sink.stands)(standing);
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
            let hear = self.hear.as_ref().unchecked_ref();
            let _ = source.add_event_listener_with_callback(name, hear);
        }
        current.source = Some(Source {
            source,
            last_id: String::new(),
        });
    }

    fn url(&self, topics: &[String], name: &str, value: &str) -> String {
        let mut url = format!("/sse?envelope=json&client_id={}", encoded(&self.client_id));
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

    /// Finds out why the server refused.
    fn ask(&self) {
        // From the newest position on, so that the answer takes no messages with it.
        let url = self.url(&self.current.borrow().topics, "since", "latest");
        let this = Weak::clone(&self.this);
        spawn_local(async move {
            let refusal = refusal::ask(&url).await;
            if let Some(inner) = this.upgrade() {
                inner.explained(refusal);
            }
        });
    }

    fn explained(&self, refusal: Refusal) {
        // Otherwise it was opened again meanwhile.
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
        // What is on this machine needs no network.
        cut_off: browser::is_offline() && !browser::is_on_loopback(),
    }
}
