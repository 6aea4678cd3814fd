//! What browsers have for streams, as it is.

use leptos::{
    prelude::*,
    wasm_bindgen::{JsCast, closure::Closure},
    web_sys::{AbortController, Event, EventSource, MessageEvent, RequestInit, Response},
};
use std::collections::HashSet;
use wasm_bindgen_futures::JsFuture;

use crate::wire::Problem;

/// An open `EventSource` and what listens to it; closed when it is dropped.
pub(super) struct Source {
    inner: EventSource,
    heard: HashSet<String>,
    told: Closure<dyn FnMut(MessageEvent)>,
    _failed: Closure<dyn FnMut(Event)>,
}

impl Source {
    /// `told` is called with every event that is listened for, `failed` when the stream breaks.
    pub(super) fn open(
        url: &str,
        told: impl Fn(&MessageEvent) + Clone + 'static,
        failed: impl Fn() + 'static,
    ) -> Option<Self> {
        let inner = EventSource::new(url).ok()?;
        let told_too = told.clone();
        let told = Closure::new(move |event: MessageEvent| told(&event));
        // A message of the type `error` comes this way too.
        let failed = Closure::new(move |event: Event| match event.dyn_ref::<MessageEvent>() {
            Some(message) => told_too(message),
            None => failed(),
        });
        inner.set_onerror(Some(failed.as_ref().unchecked_ref()));
        let mut source = Self {
            inner,
            heard: HashSet::new(),
            told,
            _failed: failed,
        };
        source.hear(&["message".to_owned()]);
        Some(source)
    }

    /// Listens for these types too.
    pub(super) fn hear(&mut self, types: &[String]) {
        for event_type in types {
            if event_type != "error" && self.heard.insert(event_type.clone()) {
                let callback = self.told.as_ref().unchecked_ref();
                let _ = self
                    .inner
                    .add_event_listener_with_callback(event_type, callback);
            }
        }
    }

    /// Whether the browser has given up on it.
    pub(super) fn has_ended(&self) -> bool {
        self.inner.ready_state() == EventSource::CLOSED
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.inner.set_onerror(None);
        self.inner.close();
    }
}

/// Opens the stream by `fetch`, to learn why `EventSource` could not, and leaves before its body.
pub(super) async fn ask_why(url: &str) -> Option<String> {
    let abort = AbortController::new().ok()?;
    let options = RequestInit::new();
    options.set_signal(Some(&abort.signal()));
    let promise = window().fetch_with_str_and_init(url, &options);
    let response: Response = JsFuture::from(promise).await.ok()?.dyn_into().ok()?;
    if response.ok() {
        abort.abort();
        return None;
    }
    let status = response.status();
    let text = JsFuture::from(response.text().ok()?).await.ok();
    let text = text.and_then(|text| text.as_string()).unwrap_or_default();
    let problem = serde_json::from_str::<Problem>(&text);
    Some(match problem {
        Ok(problem) => problem.detail,
        Err(_) => format!("The server answers with status {status}."),
    })
}
