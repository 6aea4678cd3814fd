//! One stream of Tidings in a page, kept open. Of these files, `source` alone knows `EventSource`.
//!
//! A browser opens a broken stream again by itself, but gives up for good on an error status, does
//! not say when it will try, and does not notice a connection that died without a word. So the page
//! decides: whatever ends a stream, it is closed here and opened again after a wait, from the last
//! cursor; and a stream that misses two pings has ended.

mod events;
mod place;
mod retry;
mod source;
mod state;

use leptos::{prelude::*, task::spawn_local, web_sys::MessageEvent};
use std::rc::Rc;

use place::Place;
pub(crate) use retry::Subscription;
use source::{Source, ask_why};
pub(crate) use state::{Arrival, State, Told};

use crate::browser::{self, Listener, Timer};

/// A stream has to say `welcome` within so many milliseconds.
const PATIENCE: f64 = 15_000.0;
/// What a ping may be late, in milliseconds, before it counts as missing.
const GRACE: f64 = 2_000.0;
/// Names of the stream's own events, which no push can use.
const OWN_EVENTS: [&str; 6] = ["welcome", "ping", "refused", "reconnect", "gap", "recall"];

/// A stream that is kept open until its component is gone. Copies are the same stream.
#[derive(Clone, Copy)]
pub(crate) struct EventStream {
    state: RwSignal<State>,
    upkeep: StoredValue<Upkeep, LocalStorage>,
}

/// What is known of the stream between two events.
struct Upkeep {
    then: Rc<dyn Fn(Told)>,
    subscription: Subscription,
    types: Vec<String>,
    place: Place,
    source: Option<Source>,
    timer: Option<Timer>,
    _waking: Option<[Listener; 5]>,
    heartbeat: f64,
    heard: f64,
    due: f64,
    failures: u32,
}

impl EventStream {
    /// A stream that is not open yet. `then` is called with everything it tells, in order.
    pub(crate) fn new(then: impl Fn(Told) + 'static) -> Self {
        let stream = Self {
            state: RwSignal::new(State::Connecting),
            upkeep: StoredValue::new_local(Upkeep {
                then: Rc::new(then),
                subscription: Subscription::default(),
                types: Vec::new(),
                place: Place::default(),
                source: None,
                timer: None,
                _waking: None,
                heartbeat: PATIENCE,
                heard: 0.0,
                due: 0.0,
                failures: 0,
            }),
        };
        on_cleanup(move || stream.close());
        stream
    }

    /// How it stands.
    pub(crate) fn state(self) -> Signal<State> {
        self.state.into()
    }

    /// Opens it for a subscription, in place of what it was open for. Another client starts after the
    /// cursor that it brings along, if it has one; the same one goes on after its own.
    pub(crate) fn listen(self, subscription: Subscription, cursor: Option<String>) {
        self.upkeep.try_update_value(|upkeep| {
            if upkeep.subscription.client_id != subscription.client_id {
                upkeep.place = Place::after(cursor.unwrap_or_default());
            }
            upkeep.subscription = subscription;
            upkeep.failures = 0;
            upkeep
                ._waking
                .get_or_insert_with(|| browser::on_waking(move || self.wake()));
        });
        self.open();
    }

    /// Tells messages of these types too. An `EventSource` gives a typed message only to those who
    /// ask for its type by name.
    pub(crate) fn hear(self, types: Vec<String>) {
        self.upkeep.try_update_value(|upkeep| {
            upkeep.types = types;
            if let Some(source) = &mut upkeep.source {
                source.hear(&upkeep.types);
            }
        });
    }

    /// Tries now instead of waiting.
    pub(crate) fn retry(self) {
        if matches!(self.state.get_untracked(), State::Waiting { .. }) {
            self.open();
        }
    }

    fn close(self) {
        self.upkeep.try_update_value(|upkeep| {
            upkeep.source = None;
            upkeep.timer = None;
            upkeep._waking = None;
        });
    }

    fn open(self) {
        self.upkeep.try_update_value(|upkeep| {
            upkeep.source = None;
            upkeep.place.reopen();
            let url = upkeep.subscription.url(upkeep.place.cursor());
            let told = move |event: &MessageEvent| self.told(event);
            upkeep.source = Source::open(&url, told, move || self.failed());
            if let Some(source) = &mut upkeep.source {
                source.hear(&OWN_EVENTS.map(str::to_owned));
                source.hear(&upkeep.types);
            }
            upkeep.heard = browser::now();
        });
        self.state.set(State::Connecting);
        self.look_again_in(PATIENCE);
    }

    /// The stream has ended, or never began.
    fn lost(self, reason: Option<String>) {
        let wait = self.upkeep.try_update_value(|upkeep| {
            let wait = retry::delay(upkeep.failures, browser::random());
            upkeep.failures = upkeep.failures.saturating_add(1);
            wait
        });
        self.wait(wait.unwrap_or(PATIENCE), reason);
    }

    fn wait(self, milliseconds: f64, reason: Option<String>) {
        self.upkeep.try_update_value(|upkeep| {
            upkeep.source = None;
            upkeep.due = browser::now() + milliseconds;
        });
        self.count_down(reason);
    }

    fn count_down(self, reason: Option<String>) {
        let due = self.upkeep.try_with_value(|upkeep| upkeep.due);
        let left = due.unwrap_or_default() - browser::now();
        if left <= 0.0 {
            return self.open();
        }
        let seconds = (left / 1_000.0).ceil();
        self.state.set(State::Waiting {
            seconds: seconds as u32,
            offline: browser::is_offline(),
            reason,
        });
        self.look_again_in(left - (seconds - 1.0) * 1_000.0);
    }

    fn look_again_in(self, milliseconds: f64) {
        self.upkeep.try_update_value(|upkeep| {
            upkeep.timer = Some(Timer::after(milliseconds, move || self.look()));
        });
    }

    /// What is due now?
    fn look(self) {
        match self.state.get_untracked() {
            State::Waiting { reason, .. } => self.count_down(reason),
            State::Connecting => self.lost(None),
            State::Live => match self.silence_left() {
                left if left > 0.0 => self.look_again_in(left),
                _ => self.open(),
            },
        }
    }

    /// Milliseconds until the silence means that the stream is dead.
    fn silence_left(self) -> f64 {
        self.upkeep
            .try_with_value(|upkeep| upkeep.heard + 2.0 * upkeep.heartbeat + GRACE - browser::now())
            .unwrap_or_default()
    }

    /// The page may have slept, or the network changed: waits and timers mean little now.
    fn wake(self) {
        let waits = matches!(self.state.get_untracked(), State::Waiting { .. });
        if browser::is_cut_off() {
            if !waits {
                self.lost(None);
            }
            return;
        }
        let ended = self
            .upkeep
            .try_with_value(|upkeep| upkeep.source.as_ref().is_none_or(Source::has_ended))
            .unwrap_or_default();
        if ended || (self.state.get_untracked() == State::Live && self.silence_left() <= 0.0) {
            self.open();
        }
    }

    /// An event came.
    fn told(self, event: &MessageEvent) {
        let heard = self.upkeep.try_update_value(|upkeep| {
            upkeep.heard = browser::now();
            let id = upkeep.place.hear(event.last_event_id());
            (Rc::clone(&upkeep.then), id)
        });
        let Some((then, id)) = heard else { return };
        let data = event.data().as_string().unwrap_or_default();
        if let Some(told) = self.understood(&event.type_(), id.clone(), data) {
            then(told);
        }
        if let Some(place) = id {
            then(Told::Place(place));
        }
    }

    /// The browser reports that the stream broke; what the status was, it keeps to itself.
    fn failed(self) {
        let url = self.upkeep.try_with_value(|upkeep| {
            let source = upkeep.source.as_ref()?;
            source
                .has_ended()
                .then(|| upkeep.subscription.url(upkeep.place.cursor()))
        });
        self.lost(None);
        if let Some(Some(url)) = url {
            spawn_local(async move {
                if let Some(said) = ask_why(&url).await {
                    self.state.update(|state| {
                        if let State::Waiting { reason, .. } = state {
                            *reason = Some(said);
                        }
                    });
                }
            });
        }
    }
}
