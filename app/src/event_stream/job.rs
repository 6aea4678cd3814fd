//! The stream of one job: what every browser's EventSource brings, until the end or until it breaks.

use leptos::{
    wasm_bindgen::{JsCast, closure::Closure},
    web_sys::{EventSource, MessageEvent},
};
use serde::de::DeserializeOwned;

use crate::{
    api::encoded,
    wire::{EVENT_END, EVENT_LOG, EVENT_STATE, JobInfo, JobLine, Reconnect},
};

/// What the stream tells.
pub(crate) enum JobTold {
    /// How the job is.
    State(JobInfo),
    /// A line of its log.
    Line(JobLine),
    /// How it ended. Nothing comes after it.
    End(JobInfo),
    /// The stream has ended before the job; come back after so many milliseconds, if the server said that.
    Broken(Option<f64>),
}

/// An open stream; closed when it is dropped. It does not come back by itself.
pub(crate) struct JobSource {
    source: EventSource,
    _heard: Vec<Closure<dyn FnMut(MessageEvent)>>,
}

type Heard = Closure<dyn FnMut(MessageEvent)>;

impl JobSource {
    /// Opens the stream of a job, with the lines after this one. None: the browser can't.
    pub(crate) fn open(
        id: &str,
        after: u64,
        then: impl Fn(JobTold) + Clone + 'static,
    ) -> Option<Self> {
        let url = format!("/sse/jobs/{}?after={after}", encoded(id));
        let source = EventSource::new(&url).ok()?;
        let mut heard = Vec::new();
        let mut hear = |name: &str, told: fn(&MessageEvent) -> Option<JobTold>| {
            let then = then.clone();
            let closure: Heard = Closure::new(move |event: MessageEvent| {
                if let Some(told) = told(&event) {
                    then(told);
                }
            });
            let _ = source.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
            heard.push(closure);
        };
        hear(EVENT_STATE, |event| data(event).map(JobTold::State));
        hear(EVENT_LOG, |event| data(event).map(JobTold::Line));
        hear(EVENT_END, |event| data(event).map(JobTold::End));
        hear("reconnect", |event| {
            let asked = data::<Reconnect>(event)?;
            Some(JobTold::Broken(Some(asked.after_ms as f64)))
        });
        // That is no message: it has no data.
        hear("error", |_| Some(JobTold::Broken(None)));
        Some(Self {
            source,
            _heard: heard,
        })
    }
}

impl Drop for JobSource {
    fn drop(&mut self) {
        self.source.close();
    }
}

fn data<T: DeserializeOwned>(event: &MessageEvent) -> Option<T> {
    serde_json::from_str(&event.data().as_string()?).ok()
}
