//! The client id and the topics of a tab, stored across reloads.

use leptos::{prelude::*, task::spawn_local};

use crate::{
    browser,
    components::effect,
    event_stream::{EventStream, Persistence, Subscription},
    json,
};

const ID: &str = "tidings.client_id";
const TOPICS: &str = "tidings.topics";
/// The local storage key of the client id of tabs that share one connection.
const SHARED_ID: &str = "tidings.shared_id";

/// The stored state of the tab.
#[derive(Clone, Copy)]
pub(super) struct Tab {
    /// Empty until it is known in the browser, where the page shows what the server has rendered.
    pub(super) id: RwSignal<String>,
    pub(super) topics: RwSignal<Vec<String>>,
    /// Whether the tab shares its connection with the other tabs of the same client id.
    pub(super) shared: RwSignal<bool>,
}

impl Tab {
    pub(super) fn new() -> Self {
        let tab = Self {
            id: RwSignal::new(rendered_id()),
            topics: RwSignal::default(),
            shared: RwSignal::default(),
        };
        effect(move || {
            tab.topics.set(stored_list(TOPICS));
            if let Some(id) = browser::local_get(SHARED_ID) {
                tab.shared.set(true);
                tab.id.set(id);
                return;
            }
            spawn_local(async move {
                let id = match browser::session_get(ID) {
                    Some(id) if browser::claim(&id).await => id,
                    Some(_) => new_id().await,
                    None => first_id().await,
                };
                browser::session_set(ID, &id);
                tab.id.try_set(id);
            });
        });
        tab
    }

    pub(super) fn change_id(self) {
        spawn_local(async move {
            let id = new_id().await;
            browser::session_set(ID, &id);
            if self.shared.try_get_untracked() == Some(true) {
                browser::local_set(SHARED_ID, &id);
            }
            self.id.try_set(id);
        });
    }

    /// Turns sharing of the connection on or off.
    pub(super) fn share(self, shared: bool) {
        let id = self.id.get_untracked();
        browser::session_set(ID, &id);
        match shared {
            true => browser::local_set(SHARED_ID, &id),
            false => browser::local_remove(SHARED_ID),
        }
        self.shared.set(shared);
    }

    /// Subscribes the stream to the topics of the tab, and stores them.
    pub(super) fn keep_listening(self, stream: EventStream) {
        effect(move || {
            let (client_id, topics) = (self.id.get(), self.topics.get());
            let shared = self.shared.get();
            // The id is loaded after the topics.
            if !client_id.is_empty() {
                store_list(TOPICS, &topics);
                let subscription = Subscription { client_id, topics };
                stream.listen(&subscription, Some(Persistence { shared }));
            }
        });
    }
}

/// The server renders a new id, so that a page shows one before it is alive. `boot.js` replaces it in a tab that has one.
#[cfg(not(feature = "hydrate"))]
fn rendered_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

#[cfg(feature = "hydrate")]
fn rendered_id() -> String {
    String::new()
}

/// The id of a tab that has none: the one that the server has rendered, if there is one, because somebody may have copied it.
async fn first_id() -> String {
    match browser::text_of("code.id") {
        Some(id) if id.len() == uuid::fmt::Hyphenated::LENGTH && browser::claim(&id).await => id,
        _ => new_id().await,
    }
}

/// A new id, claimed by this tab.
async fn new_id() -> String {
    let id = uuid::Uuid::new_v4().to_string();
    browser::claim(&id).await;
    id
}

fn stored_list(key: &str) -> Vec<String> {
    let list = browser::session_get(key).and_then(|text| json::decode(&text).ok());
    list.unwrap_or_default()
}

fn store_list(key: &str, list: &[String]) {
    if let Ok(text) = serde_json::to_string(list) {
        browser::session_set(key, &text);
    }
}
