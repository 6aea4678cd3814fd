//! One stream of Tidings in a page, kept open by `/tidings.js`: the pages use what everybody's pages use.

mod job;
mod module;
mod state;

use std::rc::Rc;

use js_sys::{Array, Object, Reflect};
use leptos::{
    prelude::*,
    wasm_bindgen::{JsCast, JsValue, closure::Closure},
};

pub(crate) use job::{JobSource, JobTold};
use module::{Said, Tidings, connect};
pub(crate) use state::{Arrival, Keeping, Reason, State, Subscription, Told};

use crate::browser::{self, Timer};

/// What the module tells of.
const EVENTS: [&str; 6] = ["state", "welcome", "gap", "recall", "refused", "message"];

/// A stream that is kept open until its component is gone. Copies are the same stream.
#[derive(Clone, Copy)]
pub(crate) struct EventStream {
    state: RwSignal<State>,
    upkeep: StoredValue<Upkeep, LocalStorage>,
}

struct Upkeep {
    then: Rc<dyn Fn(Told)>,
    subscription: Subscription,
    keeping: Option<Keeping>,
    open: Option<Open>,
    /// When the next try is, in milliseconds since 1970, and what counts down to it.
    due: f64,
    timer: Option<Timer>,
}

/// A stream and what hears it; closed when it is dropped.
struct Open {
    tidings: Tidings,
    _heard: Vec<Closure<dyn FnMut(Said)>>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.tidings.close();
    }
}

impl EventStream {
    /// A stream that is not open yet. `then` is called with everything it tells, in order.
    pub(crate) fn new(then: impl Fn(Told) + 'static) -> Self {
        let stream = Self {
            state: RwSignal::new(State::Connecting),
            upkeep: StoredValue::new_local(Upkeep {
                then: Rc::new(then),
                subscription: Subscription::default(),
                keeping: None,
                open: None,
                due: 0.0,
                timer: None,
            }),
        };
        on_cleanup(move || stream.close());
        stream
    }

    /// How it stands.
    pub(crate) fn state(self) -> Signal<State> {
        self.state.into()
    }

    /// Opens it for a subscription, in place of what it was open for. Without `keeping` it neither
    /// remembers where it was nor says what was shown: for who only looks on.
    pub(crate) fn listen(self, subscription: Subscription, keeping: Option<Keeping>) {
        let same = self.upkeep.try_with_value(|upkeep| {
            let same = upkeep.subscription.client_id == subscription.client_id
                && upkeep.keeping == keeping;
            let open = upkeep.open.as_ref().filter(|_| same)?;
            Some((open.tidings.clone(), upkeep.subscription.topics.clone()))
        });
        let topics = subscription.topics.clone();
        if let Some(Some((tidings, before))) = same {
            tidings.subscribe(topics.clone());
            let left = before.into_iter().filter(|topic| !topics.contains(topic));
            tidings.unsubscribe(left.collect());
        } else {
            self.close();
            let open = self.open(&subscription, keeping);
            self.upkeep.try_update_value(|upkeep| {
                upkeep.open = Some(open);
                upkeep.keeping = keeping;
            });
        }
        self.upkeep
            .try_update_value(|upkeep| upkeep.subscription = subscription);
    }

    /// Tries now instead of waiting.
    pub(crate) fn retry(self) {
        let tidings = self
            .upkeep
            .try_with_value(|upkeep| Some(upkeep.open.as_ref()?.tidings.clone()));
        if let Some(Some(tidings)) = tidings {
            tidings.retry();
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

    fn open(self, subscription: &Subscription, keeping: Option<Keeping>) -> Open {
        let tidings = connect(&options(subscription, keeping));
        let hear = |name: &'static str| {
            let heard = Closure::new(move |said: Said| self.heard(name, &said));
            tidings.on(name, heard.as_ref().unchecked_ref());
            heard
        };
        Open {
            _heard: EVENTS.map(hear).into(),
            tidings,
        }
    }

    fn heard(self, name: &str, said: &Said) {
        if name == "state" {
            return self.stands(said);
        }
        let then = self.upkeep.try_with_value(|upkeep| Rc::clone(&upkeep.then));
        if let Some((then, told)) = then.zip(state::told(name, said)) {
            then(told);
        }
    }

    fn stands(self, said: &Said) {
        match said.state().as_str() {
            "connecting" => self.state.set(State::Connecting),
            "live" => self.state.set(State::Live),
            "waiting" => {
                self.upkeep
                    .try_update_value(|upkeep| upkeep.due = said.retry_at().unwrap_or_default());
                self.count_down(Reason {
                    code: said.reason().unwrap_or_default(),
                    detail: said.detail(),
                });
            }
            _ => {}
        }
    }

    /// Says once a second how long it is until the next try.
    fn count_down(self, reason: Reason) {
        let due = self.upkeep.try_with_value(|upkeep| upkeep.due);
        let left = (due.unwrap_or_default() - browser::now()).max(0.0);
        let seconds = (left / 1_000.0).ceil();
        self.state.set(State::Waiting {
            seconds: seconds as u32,
            offline: browser::is_offline(),
            reason: reason.clone(),
        });
        if seconds < 1.0 {
            return;
        }
        self.upkeep.try_update_value(|upkeep| {
            let next = left - (seconds - 1.0) * 1_000.0;
            upkeep.timer = Some(Timer::after(next, move || {
                if matches!(self.state.get_untracked(), State::Waiting { .. }) {
                    self.count_down(reason);
                }
            }));
        });
    }
}

/// What the module is asked for.
fn options(subscription: &Subscription, keeping: Option<Keeping>) -> JsValue {
    let options = Object::new();
    let set = |name: &str, value: JsValue| {
        let _ = Reflect::set(&options, &name.into(), &value);
    };
    let topics: Array = subscription.topics.iter().map(JsValue::from).collect();
    set("clientId", subscription.client_id.as_str().into());
    set("topics", topics.into());
    match keeping {
        Some(keeping) => set("shared", keeping.shared.into()),
        None => {
            set("ack", false.into());
            // It has neither of the functions, so nothing is kept.
            set("storage", Object::new().into());
        }
    }
    options.into()
}
