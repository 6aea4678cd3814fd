//! The stream of one job, as every browser's EventSource brings it, until its end. While the server is away the
//! browser comes back by itself.

use leptos::{
    wasm_bindgen::{JsCast, JsValue, closure::Closure},
    web_sys::{EventSource, MessageEvent},
};
use serde::de::DeserializeOwned;

use crate::{
    api::encoded,
    wire::{EVENT_END, EVENT_LOG, EVENT_STATE, JobInfo},
};

/// What the stream tells.
pub(crate) enum JobTold {
    /// How the job is.
    State(JobInfo),
    /// Lines of its log, a text of JSON that stays in JavaScript: of thousands that come at once only some are
    /// looked at.
    Lines(JsValue),
    /// How it ended. Nothing comes after it.
    End(JobInfo),
    /// The connection is gone, and the browser is coming back.
    Away,
    /// The server refused, and the browser has given up.
    Refused,
}

/// An open stream; closed when it is dropped.
pub(crate) struct JobSource {
    source: EventSource,
    _heard: Vec<Heard>,
}

type Heard = Closure<dyn FnMut(MessageEvent)>;

impl JobSource {
    /// Opens the stream of a job, with lines as the query says. None: the browser can't.
    pub(crate) fn open(
        id: &str,
        lines: &str,
        then: impl Fn(JobTold) + Copy + 'static,
    ) -> Option<Self> {
        let url = format!("/sse/jobs/{}?{lines}", encoded(id));
        let source = EventSource::new(&url).ok()?;
        let heard = [EVENT_STATE, EVENT_LOG, EVENT_END, "error"].map(|name| {
            let heard: Heard = Closure::new(move |event: MessageEvent| {
                if let Some(told) = told(name, &event) {
                    then(told);
                }
            });
            let _ = source.add_event_listener_with_callback(name, heard.as_ref().unchecked_ref());
            heard
        });
        Some(Self {
            source,
            _heard: heard.into(),
        })
    }
}

impl Drop for JobSource {
    fn drop(&mut self) {
        self.source.close();
    }
}

fn told(name: &str, event: &MessageEvent) -> Option<JobTold> {
    match name {
        EVENT_STATE => data(event).map(JobTold::State),
        EVENT_LOG => Some(JobTold::Lines(event.data())),
        EVENT_END => data(event).map(JobTold::End),
        _ => {
            let source: EventSource = event.target()?.unchecked_into();
            Some(match source.ready_state() {
                EventSource::CLOSED => JobTold::Refused,
                _ => JobTold::Away,
            })
        }
    }
}

fn data<T: DeserializeOwned>(event: &MessageEvent) -> Option<T> {
    serde_json::from_str(&event.data().as_string()?).ok()
}
