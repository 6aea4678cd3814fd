//! What the server tells the panel, as it happens: one stream for all that the panel shows.

use leptos::task::spawn_local;
use serde::de::DeserializeOwned;

use super::Entry;
use crate::{
    components::effect,
    event_stream::{Arrival, EventStream, Subscription, Told},
    held::Derived,
    wire::{
        ClientInfo, EVENT_CLIENTS, EVENT_MOVED, EVENT_PUSHED, EVENT_RESYNC, EVENT_SAMPLE,
        SYS_CLIENTS, SYS_MESSAGES, SYS_STATS, Sample,
    },
};

/// One piece of news.
pub(super) enum News {
    /// From here on everything is told; what was before has to be asked for.
    Open,
    /// These clients have come, gone, or changed what they listen to.
    Clients(Vec<ClientInfo>),
    /// Something was pushed.
    Pushed,
    /// At these clients receipts have moved.
    Moved(Vec<String>),
    /// The node was like this over the last seconds.
    Sample(Sample),
}

/// A stream of news, open as long as somebody is signed in.
pub(super) fn follow(entry: Entry, then: impl Fn(&News) + 'static) -> EventStream {
    let stream = EventStream::new(move |told| match told {
        Told::Welcome => then(&News::Open),
        Told::Message(Arrival {
            event: Some(kind),
            data,
            ..
        }) => {
            if let Some(news) = understood(&kind, &data) {
                then(&news);
            }
        }
        // The session ended while the panel was open.
        Told::Refused(_) => spawn_local(async move { entry.ask().await }),
        _ => {}
    });
    let admin = Derived::new(move || entry.is_admin());
    effect(move || {
        if admin.get() {
            let subscription = Subscription {
                client_id: format!("panel-{}", uuid::Uuid::new_v4()),
                topics: [SYS_CLIENTS, SYS_MESSAGES, SYS_STATS]
                    .map(str::to_owned)
                    .to_vec(),
            };
            stream.listen(subscription, None);
        }
    });
    stream
}

fn understood(kind: &str, data: &str) -> Option<News> {
    match kind {
        EVENT_CLIENTS => read(data).map(News::Clients),
        EVENT_MOVED => read(data).map(News::Moved),
        EVENT_PUSHED => Some(News::Pushed),
        EVENT_RESYNC => Some(News::Open),
        EVENT_SAMPLE => read(data).map(News::Sample),
        _ => None,
    }
}

fn read<T: DeserializeOwned>(data: &str) -> Option<T> {
    serde_json::from_str(data).ok()
}
