//! Who a tab is, what it listens to and how far it is: what it remembers across reloads.

use leptos::{prelude::*, task::spawn_local};

use crate::{
    browser,
    event_stream::{EventStream, Keeping, Subscription},
};

const ID: &str = "tidings.client_id";
const TOPICS: &str = "tidings.topics";
const TYPES: &str = "tidings.types";

/// What this tab remembers across reloads.
#[derive(Clone, Copy)]
pub(super) struct Tab {
    /// Empty until the browser has been asked.
    pub(super) id: RwSignal<String>,
    pub(super) topics: RwSignal<Vec<String>>,
    pub(super) types: RwSignal<Vec<String>>,
}

impl Tab {
    pub(super) fn new() -> Self {
        let tab = Self {
            id: RwSignal::default(),
            topics: RwSignal::default(),
            types: RwSignal::default(),
        };
        Effect::new(move || {
            tab.topics.set(remembered_list(TOPICS));
            tab.types.set(remembered_list(TYPES));
            spawn_local(async move {
                let id = match browser::remembered(ID) {
                    Some(id) if browser::claim(&id).await => id,
                    _ => new_id().await,
                };
                browser::remember(ID, &id);
                tab.id.try_set(id);
            });
        });
        tab
    }

    pub(super) fn change_id(self) {
        spawn_local(async move {
            let id = new_id().await;
            browser::remember(ID, &id);
            self.id.try_set(id);
        });
    }

    /// Keeps the stream what the tab asks for, and remembers it.
    pub(super) fn keep_listening(self, stream: EventStream) {
        Effect::new(move || {
            let types = self.types.get();
            remember_list(TYPES, &types, self.id.with(String::is_empty));
            stream.hear(types);
        });
        Effect::new(move || {
            let (client_id, topics) = (self.id.get(), self.topics.get());
            remember_list(TOPICS, &topics, client_id.is_empty());
            if !client_id.is_empty() {
                let keeping = Keeping { shared: false };
                stream.listen(Subscription { client_id, topics }, Some(keeping));
            }
        });
    }
}

/// An id that no other tab has, and that a copy of this tab will not take.
async fn new_id() -> String {
    let id = uuid::Uuid::new_v4().to_string();
    browser::claim(&id).await;
    id
}

fn remembered_list(key: &str) -> Vec<String> {
    let list = browser::remembered(key).and_then(|text| serde_json::from_str(&text).ok());
    list.unwrap_or_default()
}

/// Before the tab has its id, its lists have not been read either.
fn remember_list(key: &str, list: &[String], too_early: bool) {
    if too_early {
        return;
    }
    if let Ok(text) = serde_json::to_string(list) {
        browser::remember(key, &text);
    }
}
