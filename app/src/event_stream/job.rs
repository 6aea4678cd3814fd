//! The stream of one job, by an EventSource, until the job ends. The browser reconnects by itself.

use leptos::{
    wasm_bindgen::{JsCast, JsValue, closure::Closure},
    web_sys::{EventSource, MessageEvent},
};
use serde::de::DeserializeOwned;

use crate::{
    api::encoded,
    json,
    wire::{EVENT_END, EVENT_LOG, EVENT_STATE, JobInfo},
};

/// An event of the stream.
pub(crate) enum JobEvent {
    /// The state of the job.
    State(JobInfo),
    /// Lines of its log, as JSON text that stays in JavaScript: of thousands of lines only some are shown.
    Lines(JsValue),
    /// The last state of the job. The stream is over.
    End(JobInfo),
    /// The connection was lost, or could not be opened. The browser tries again.
    Away,
    /// The server refused the stream. The browser does not reconnect.
    Refused,
}

/// An open stream; closed when it is dropped.
pub(crate) struct JobSource {
    source: EventSource,
    _listeners: Vec<EventListener>,
}

type EventListener = Closure<dyn FnMut(MessageEvent)>;

impl JobSource {
    /// Opens the stream of a job, with lines as the query says. None: the browser can't.
    pub(crate) fn open(
        id: &str,
        lines: &str,
        then: impl Fn(JobEvent) + Copy + 'static,
    ) -> Option<Self> {
        let url = format!("sse/jobs/{}?{lines}", encoded(id));
        let source = EventSource::new(&url).ok()?;
        let listeners = [EVENT_STATE, EVENT_LOG, EVENT_END, "error"].map(|name| {
            let listener: EventListener = Closure::new(move |event: MessageEvent| {
                if let Some(event) = parse(name, &event) {
                    then(event);
                }
            });
            let _ =
                source.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
            listener
        });
        Some(Self {
            source,
            _listeners: listeners.into(),
        })
    }
}

impl Drop for JobSource {
    fn drop(&mut self) {
        self.source.close();
    }
}

fn parse(name: &str, event: &MessageEvent) -> Option<JobEvent> {
    match name {
        EVENT_STATE => data(event).map(JobEvent::State),
        EVENT_LOG => Some(JobEvent::Lines(event.data())),
        EVENT_END => data(event).map(JobEvent::End),
        _ => {
            let source: EventSource = event.target()?.unchecked_into();
            Some(match source.ready_state() {
                EventSource::CLOSED => JobEvent::Refused,
                _ => JobEvent::Away,
            })
        }
    }
}

fn data<T: DeserializeOwned>(event: &MessageEvent) -> Option<T> {
    json::decode(&event.data().as_string()?).ok()
}
