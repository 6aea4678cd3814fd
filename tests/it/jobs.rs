//! Jobs: the progress of an operation, for everyone who has its id.

mod again;
mod bad_input;
mod clearing;
mod keeping;
mod live;
mod tracked;
mod viewers;

use app::wire::{JobInfo, JobLine, JobReport, JobRequest, JobState};
use eventsource_stream::Event;
use serde_json::Value;

use crate::harness::{Listener, Server, within};

impl Server {
    /// Creates a job of ten steps.
    pub async fn begin(&self) -> JobInfo {
        self.begin_with(&JobRequest {
            title: "Send the letters".to_owned(),
            steps: Some(10),
            timeout: None,
            retry: None,
        })
        .await
    }

    async fn begin_with(&self, job: &JobRequest) -> JobInfo {
        within(self.api.begin_job(job)).await.expect("begun")
    }

    /// Sends a report that must be accepted.
    pub async fn report(&self, job: &JobInfo, report: JobReport) -> JobInfo {
        let taken = within(self.api.report_job(&job.id, &report)).await;
        taken.expect("taken")
    }

    /// Views a job from the beginning.
    async fn view(&self, job: &JobInfo) -> Listener {
        self.open(&format!("/sse/jobs/{}", job.id)).await
    }

    /// Reconnects as an EventSource does.
    async fn view_after(&self, job: &JobInfo, last_event_id: &str) -> reqwest::Response {
        let url = self.url(&format!("/sse/jobs/{}", job.id));
        let request = self.http.get(url).header("last-event-id", last_event_id);
        within(request.send()).await.expect("an answer")
    }

    async fn patch(&self, job: &JobInfo, body: &Value) -> reqwest::Response {
        let url = self.url(&format!("/api/jobs/{}", job.id));
        let request = self.http.patch(url).json(body);
        within(request.send()).await.expect("an answer")
    }
}

fn step(step: u64) -> JobReport {
    JobReport {
        step: Some(step),
        ..JobReport::default()
    }
}

fn message(message: &str) -> JobReport {
    JobReport {
        message: Some(message.to_owned()),
        ..JobReport::default()
    }
}

pub fn end(state: JobState) -> JobReport {
    JobReport {
        state: Some(state),
        ..JobReport::default()
    }
}

/// The state in an event of the stream of a job.
fn state(event: &Event) -> JobInfo {
    serde_json::from_str(&event.data).expect("a job")
}

fn lines(event: &Event) -> Vec<JobLine> {
    assert_eq!(event.event, "log", "{event:?}");
    serde_json::from_str(&event.data).expect("lines")
}

/// All events except pings.
async fn events_without_pings(listener: Listener) -> Vec<Event> {
    let mut events = listener.rest().await;
    events.retain(|event| event.event != "ping");
    events
}

fn kinds(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.event.as_str()).collect()
}

fn texts(events: &[Event]) -> Vec<String> {
    let log = events.iter().filter(|event| event.event == "log");
    log.flat_map(lines).map(|line| line.text).collect()
}
