//! Live updates of the panel: one stream for all sections.

use std::rc::Rc;

use leptos::{prelude::*, task::spawn_local};
use serde::de::DeserializeOwned;

use super::AdminSession;
use crate::{
    components::{effect, on_change},
    erased_signal::ErasedMemo,
    event_stream::{EventStream, ReceivedMessage, State, StreamEvent, Subscription},
    json,
    wire::{
        ClientInfo, EVENT_CLIENTS, EVENT_EPHEMERAL, EVENT_MOVED, EVENT_PUSHED, EVENT_RESYNC,
        EVENT_SAMPLE, SYS_CLIENTS, SYS_MESSAGES, SYS_STATS, Sample,
    },
};

/// An update from the server.
pub(super) enum Update {
    /// Updates start here. Earlier data has to be loaded.
    Reload,
    /// These clients connected, disconnected, or changed their topics.
    Clients(Vec<ClientInfo>),
    /// A message was pushed: its JSON.
    Pushed(String),
    /// A message was sent that is not kept: its JSON.
    Ephemeral(String),
    /// The stream has ended. It is opened again.
    Lost,
    /// The receipts of these clients have changed.
    Receipts(Vec<String>),
    /// The measurements of the last seconds.
    Sample(Sample),
}

impl Update {
    /// Whether what is known of this client may have changed.
    pub(super) fn concerns(&self, id: &str) -> bool {
        match self {
            // A message that is queued changes the number of unread messages.
            Self::Reload | Self::Pushed(_) => true,
            Self::Clients(clients) => clients.iter().any(|client| client.client_id == id),
            Self::Receipts(ids) => ids.iter().any(|one| one == id),
            Self::Sample(_) | Self::Ephemeral(_) | Self::Lost => false,
        }
    }
}

/// Opens the stream while an admin is signed in.
pub(super) fn subscribe(session: AdminSession, then: impl Fn(&Update) + 'static) -> EventStream {
    let then = Rc::new(then);
    let tell = Rc::clone(&then);
    let stream = EventStream::new(move |event| match event {
        StreamEvent::Welcome => {
            session.refused.try_set(false);
            then(&Update::Reload);
        }
        // Updates are not kept: what this page was too slow for is lost.
        StreamEvent::Gap(_) => then(&Update::Reload),
        StreamEvent::Message(ReceivedMessage {
            event: Some(kind),
            data,
            ..
        }) => {
            if let Some(update) = parse(&kind, data) {
                then(&update);
            }
        }
        // Who is signed in may not read everything, or the session ended while the panel was open.
        StreamEvent::Refused(_) => {
            session.refused.try_set(true);
            spawn_local(async move { session.ask().await });
        }
        _ => {}
    });
    let live = ErasedMemo::new(move || stream.state().get() == State::Live);
    let ended = move || {
        if !live.get() {
            tell(&Update::Lost);
        }
    };
    on_change(move || live.track(), ended);
    let admin = ErasedMemo::new(move || session.is_admin());
    effect(move || {
        if admin.get() {
            let subscription = Subscription {
                client_id: format!("panel-{}", uuid::Uuid::new_v4()),
                topics: [SYS_CLIENTS, SYS_MESSAGES, SYS_STATS]
                    .map(str::to_owned)
                    .to_vec(),
            };
            stream.listen(&subscription, None);
        }
    });
    stream
}

fn parse(kind: &str, data: String) -> Option<Update> {
    match kind {
        EVENT_CLIENTS => read(&data).map(Update::Clients),
        EVENT_MOVED => read(&data).map(Update::Receipts),
        EVENT_PUSHED => Some(Update::Pushed(data)),
        EVENT_EPHEMERAL => Some(Update::Ephemeral(data)),
        EVENT_RESYNC => Some(Update::Reload),
        EVENT_SAMPLE => read(&data).map(Update::Sample),
        _ => None,
    }
}

fn read<T: DeserializeOwned>(data: &str) -> Option<T> {
    json::decode(data).ok()
}
