//! What the server tells the panel, as it happens: one stream for all that the panel shows.

use leptos::task::spawn_local;
use serde::de::DeserializeOwned;

use super::AdminSession;
use crate::{
    components::effect,
    erased_signal::ErasedMemo,
    event_stream::{Arrival, EventStream, Subscription, Told},
    wire::{
        ClientInfo, EVENT_CLIENTS, EVENT_MOVED, EVENT_PUSHED, EVENT_RESYNC, EVENT_SAMPLE,
        SYS_CLIENTS, SYS_MESSAGES, SYS_STATS, Sample,
    },
};

/// One piece of news.
pub(super) enum Update {
    /// From here on everything is told; what was before has to be asked for.
    Reload,
    /// These clients have come, gone, or changed what they listen to.
    Clients(Vec<ClientInfo>),
    /// Something was pushed.
    Pushed,
    /// At these clients receipts have moved.
    Receipts(Vec<String>),
    /// The node was like this over the last seconds.
    Sample(Sample),
}

/// A stream of news, open as long as somebody is signed in.
pub(super) fn subscribe(session: AdminSession, then: impl Fn(&Update) + 'static) -> EventStream {
    let stream = EventStream::new(move |told| match told {
        Told::Welcome => then(&Update::Reload),
        Told::Message(Arrival {
            event: Some(kind),
            data,
            ..
        }) => {
            if let Some(update) = parse(&kind, &data) {
                then(&update);
            }
        }
        // The session ended while the panel was open.
        Told::Refused(_) => spawn_local(async move { session.ask().await }),
        _ => {}
    });
    let admin = ErasedMemo::new(move || session.is_admin());
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

fn parse(kind: &str, data: &str) -> Option<Update> {
    match kind {
        EVENT_CLIENTS => read(data).map(Update::Clients),
        EVENT_MOVED => read(data).map(Update::Receipts),
        EVENT_PUSHED => Some(Update::Pushed),
        EVENT_RESYNC => Some(Update::Reload),
        EVENT_SAMPLE => read(data).map(Update::Sample),
        _ => None,
    }
}

fn read<T: DeserializeOwned>(data: &str) -> Option<T> {
    serde_json::from_str(data).ok()
}
