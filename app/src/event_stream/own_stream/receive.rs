//! Receives events: puts them into a queue, and handles them in slices.

use leptos::web_sys::{EventSource, MessageEvent};

use super::{
    Current, Inner, Persistence, Source,
    queue::{QueuedEvent, SLICE},
    with,
};
use crate::{
    browser,
    event_stream::{
        fields::Fields,
        schedule::{Next, Schedule},
    },
};

impl Inner {
    pub(super) fn receive(&self, event: MessageEvent) {
        let name = event.type_();
        if name == "error" {
            return self.failed();
        }
        let now = browser::now();
        let mut current = self.current.borrow_mut();
        current.schedule.received(now);
        if name == "welcome" || name == "reconnect" {
            if let Some(fields) = Fields::parse(&text(&event)) {
                note(&mut current.schedule, &fields, now);
            }
            drop(current);
            self.act(Next::Stay);
            current = self.current.borrow_mut();
        }
        let id = current.own_id(event.last_event_id());
        let is_full = current.queue.push(QueuedEvent { event, id });
        drop(current);
        // A full queue is handled at once, so that the browser waits.
        match is_full {
            true => self.handle_some(),
            false => self.slice.ask(),
        }
    }

    fn failed(&self) {
        let gave_up = match &self.current.borrow().source {
            Some(Source { source, .. }) => source.ready_state() == EventSource::CLOSED,
            None => return,
        };
        self.decide(|schedule, moment| schedule.failed(gave_up, moment));
    }

    pub(super) fn handle_slice(&self) {
        self.slice.began();
        self.handle_some();
        if !self.current.borrow().queue.is_empty() {
            self.slice.ask();
        }
    }

    /// Handles a slice of the queued events.
    fn handle_some(&self) {
        let mut left = SLICE;
        while let Some(arrived) = self.next(&mut left) {
            self.handle(&arrived);
        }
        if let Some(persistence) = &self.persistence {
            let position = self.current.borrow().reader.position().to_owned();
            if !position.is_empty() {
                browser::session_set(&persistence.key, &position);
            }
        }
    }

    fn next(&self, left: &mut u32) -> Option<QueuedEvent> {
        self.current.borrow_mut().queue.pop(left)
    }

    fn handle(&self, QueuedEvent { event, id }: &QueuedEvent) {
        let name = event.type_();
        let event = {
            let reader = &mut self.current.borrow_mut().reader;
            reader.read(&name, id.as_deref(), &text(event))
        };
        let is_message = name == "message" && event.is_some();
        let is_settled = name == "ping" && self.current.borrow_mut().reader.settle();
        if let Some(event) = event {
            (self.callbacks.on_event)(event);
        }
        if let Some(Persistence { acks, .. }) = &self.persistence {
            if let Some(id) = id.as_ref().filter(|_| is_message || is_settled) {
                acks.shown(id);
            }
            if is_message || name == "welcome" {
                acks.plan(with(&self.this, Self::acknowledge));
            }
        }
        if let Some(id) = id {
            self.current.borrow_mut().reader.advance(id);
        }
    }
}

impl Current {
    /// The id of the event itself, if it has one. The stream is reopened after it.
    fn own_id(&mut self, id: String) -> Option<String> {
        let source = self.source.as_mut()?;
        if source.last_id == id {
            return None;
        }
        source.last_id.clone_from(&id);
        self.cursor.clone_from(&id);
        Some(id)
    }
}

/// Takes the times of `welcome` and `reconnect`.
fn note(schedule: &mut Schedule, fields: &Fields, now: f64) {
    if let Some(heartbeat) = fields.number("heartbeat") {
        let retry = fields.number("retry_ms").unwrap_or_default();
        schedule.welcomed(now, heartbeat * 1_000.0, retry);
    }
    // While its token lasts, the stream goes on.
    let goes_on = fields.number("closes_ms").is_some();
    if let Some(after) = fields.number("after_ms").filter(|_| !goes_on) {
        schedule.leave(now, after, fields.text("reason").unwrap_or_default());
    }
}

fn text(event: &MessageEvent) -> String {
    event.data().as_string().unwrap_or_default()
}
