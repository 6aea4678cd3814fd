//! The reader of a stream.

use std::pin::Pin;

use eventsource_stream::{Event, Eventsource};
use futures_util::{Stream, StreamExt};

use super::within;

/// An open stream.
pub struct Listener {
    events: Pin<Box<dyn Stream<Item = Event> + Send>>,
}

impl Listener {
    /// Reads the body of this response.
    pub fn of(response: reqwest::Response) -> Self {
        let events = response.bytes_stream().eventsource();
        // A broken connection is the end of its stream, as for a browser.
        let events = events.take_while(|event| std::future::ready(event.is_ok()));
        Self {
            events: Box::pin(events.filter_map(async |event| event.ok())),
        }
    }

    /// Waits for the welcome.
    pub async fn welcomed(mut self) -> Self {
        assert_eq!(self.next().await.event, "welcome");
        self
    }

    /// The next event of any kind.
    pub async fn next(&mut self) -> Event {
        self.try_next().await.expect("the stream goes on")
    }

    /// The next event of any kind. None if the stream has ended.
    pub async fn try_next(&mut self) -> Option<Event> {
        within(self.events.next()).await
    }

    /// The next event that is a pushed message.
    pub async fn message(&mut self) -> Event {
        // The timeout covers all events: pings alone would restart it for ever.
        within(async {
            loop {
                let event = self.next().await;
                if event.event != "ping" {
                    return event;
                }
            }
        })
        .await
    }

    /// The data of the next message.
    pub async fn text(&mut self) -> String {
        self.message().await.data
    }

    /// The data of the next `count` messages.
    pub async fn texts(&mut self, count: usize) -> Vec<String> {
        let mut texts = Vec::with_capacity(count);
        while texts.len() < count {
            texts.push(self.text().await);
        }
        texts
    }

    /// The next messages, up to and including the one with this text.
    pub async fn up_to(&mut self, last: &str) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            let event = self.message().await;
            let done = event.data == last;
            events.push(event);
            if done {
                return events;
            }
        }
    }

    /// The next event, which must be a gap.
    pub async fn gap(&mut self) -> app::wire::Gap {
        let event = self.message().await;
        assert_eq!(event.event, "gap", "{event:?}");
        serde_json::from_str(&event.data).expect("a gap")
    }

    /// The next event of this type.
    pub async fn event(&mut self, name: &str) -> Event {
        within(async {
            loop {
                let event = self.next().await;
                if event.event == name {
                    return event;
                }
            }
        })
        .await
    }

    /// All events up to the end of the stream.
    pub async fn rest(self) -> Vec<Event> {
        within(self.events.collect()).await
    }
}
