//! One stream for all tabs of a client, by `/tidings.js`. The module is loaded only for this.

mod module;

use std::{
    cell::RefCell,
    rc::{Rc, Weak},
};

use js_sys::{Array, Object, Reflect};
use leptos::{
    task::spawn_local,
    wasm_bindgen::{JsCast, JsValue, closure::Closure},
};
use wasm_bindgen_futures::JsFuture;

use self::module::{Module, Said, Tidings, import_tidings};
use super::{
    own_stream::OwnStream,
    state::{Callbacks, Reason, ReceivedMessage, Status, StreamEvent, Subscription, is_quiet},
};
use crate::wire::Refused;

/// The events of the module.
const EVENTS: [&str; 6] = ["state", "welcome", "gap", "recall", "refused", "message"];

/// A stream that is kept open. Closed when it is dropped.
pub(super) struct SharedStream(Rc<Inner>);

struct Inner {
    subscription: RefCell<Subscription>,
    callbacks: Callbacks,
    stage: RefCell<Stage>,
}

enum Stage {
    /// The module is being loaded.
    Loading,
    Open(Open),
    /// The module can't be loaded, so this tab has its own connection.
    Alone(OwnStream),
}

struct Open {
    tidings: Tidings,
    _listeners: Vec<Closure<dyn FnMut(Said)>>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.tidings.close();
    }
}

impl SharedStream {
    pub(super) fn open(subscription: &Subscription, callbacks: Callbacks) -> Self {
        let inner = Rc::new(Inner {
            subscription: RefCell::new(subscription.clone()),
            callbacks,
            stage: RefCell::new(Stage::Loading),
        });
        (inner.callbacks.on_status)(Status::Connecting);
        let this = Rc::downgrade(&inner);
        spawn_local(async move {
            let module = load().await;
            if let Some(inner) = this.upgrade() {
                inner.loaded(module, &this);
            }
        });
        Self(inner)
    }

    /// Subscribes to these topics. No message is lost meanwhile.
    pub(super) fn set_topics(&self, topics: &[String]) {
        let before = {
            let subscription = &mut *self.0.subscription.borrow_mut();
            std::mem::replace(&mut subscription.topics, topics.to_vec())
        };
        match &*self.0.stage.borrow() {
            Stage::Loading => {}
            Stage::Open(open) => {
                open.tidings.subscribe(topics.to_vec());
                let left = before.into_iter().filter(|topic| !topics.contains(topic));
                open.tidings.unsubscribe(left.collect());
            }
            Stage::Alone(stream) => stream.set_topics(topics),
        }
    }

    /// Tries now instead of waiting.
    pub(super) fn retry(&self) {
        match &*self.0.stage.borrow() {
            Stage::Loading => {}
            Stage::Open(open) => open.tidings.retry(),
            Stage::Alone(stream) => stream.retry(),
        }
    }
}

async fn load() -> Option<Module> {
    let module = JsFuture::from(import_tidings().ok()?).await.ok()?;
    Some(module.unchecked_into())
}

impl Inner {
    fn loaded(&self, module: Option<Module>, this: &Weak<Self>) {
        let subscription = self.subscription.borrow().clone();
        let stage = match module {
            Some(module) => Stage::Open(Open::new(&module, &subscription, this)),
            None => Stage::Alone(OwnStream::open(&subscription, true, self.callbacks.clone())),
        };
        *self.stage.borrow_mut() = stage;
    }

    fn receive(&self, name: &str, said: &Said) {
        if name != "state" {
            if let Some(event) = parse(name, said) {
                (self.callbacks.on_event)(event);
            }
            return;
        }
        (self.callbacks.on_status)(match said.state().as_str() {
            "connecting" => Status::Connecting,
            "live" => Status::Live,
            "waiting" => Status::Waiting {
                due: said.retry_at().unwrap_or_default(),
                reason: Reason {
                    code: said.reason().unwrap_or_default(),
                    detail: said.detail(),
                },
            },
            _ => return,
        });
    }
}

impl Open {
    fn new(module: &Module, subscription: &Subscription, inner: &Weak<Inner>) -> Self {
        let tidings = module.connect(&options(subscription));
        let listener = |name: &'static str| {
            let inner = Weak::clone(inner);
            let listener = Closure::new(move |said: Said| {
                if let Some(inner) = inner.upgrade() {
                    inner.receive(name, &said);
                }
            });
            tidings.on(name, listener.as_ref().unchecked_ref());
            listener
        };
        Self {
            _listeners: EVENTS.map(listener).into(),
            tidings,
        }
    }
}

/// The options for the module.
fn options(subscription: &Subscription) -> JsValue {
    let options = Object::new();
    let topics: Array = subscription.topics.iter().map(JsValue::from).collect();
    for (name, value) in [
        ("clientId", subscription.client_id.as_str().into()),
        ("topics", topics.into()),
        ("shared", true.into()),
    ] {
        let _ = Reflect::set(&options, &name.into(), &value);
    }
    options.into()
}

/// Parses an event of the module.
fn parse(name: &str, said: &Said) -> Option<StreamEvent> {
    Some(match name {
        "welcome" => StreamEvent::Welcome,
        "gap" => StreamEvent::Gap(said.reason()?),
        "recall" => StreamEvent::Recall(said.id()?),
        "refused" => StreamEvent::Refused(Refused {
            topic: said.topic()?,
            code: said.code()?,
            detail: said.detail()?,
        }),
        _ => StreamEvent::Message(ReceivedMessage {
            id: said.id(),
            event: Some(said.kind()).filter(|kind| kind != "message"),
            topic: said.topic(),
            data: said.text(),
            missed: said.replayed(),
            replaces: said.replaces(),
            is_quiet: said.urgency().as_deref().is_some_and(is_quiet),
        }),
    })
}
