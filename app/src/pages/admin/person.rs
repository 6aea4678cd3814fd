//! The one client that is looked at, kept true while it is.

use leptos::{prelude::*, task::spawn_local};

use super::{Entry, feed::News};
use crate::{api::Client, browser::Timer, wire::ClientDetail};

/// News that come within so many milliseconds are asked about together.
const GATHER: f64 = 250.0;

/// The client that is looked at, if one is. Copies are the same.
#[derive(Clone, Copy)]
pub(super) struct Person {
    entry: Entry,
    pub(super) client: RwSignal<Option<ClientDetail>>,
    due: StoredValue<Option<Timer>, LocalStorage>,
}

impl Person {
    pub(super) fn new(entry: Entry) -> Self {
        Self {
            entry,
            client: RwSignal::new(None),
            due: StoredValue::new_local(None),
        }
    }

    pub(super) fn told(self, news: &News) {
        let Some(id) = self.id() else { return };
        let concerns = match news {
            News::Open => true,
            // A message that waits for it moves nothing but this.
            News::Pushed => true,
            News::Clients(clients) => clients.iter().any(|client| client.client_id == id),
            News::Moved(ids) => ids.contains(&id),
        };
        if concerns {
            let ask = move || {
                self.due.try_set_value(None);
                if let Some(id) = self.id() {
                    self.look_at(id);
                }
            };
            self.due.try_update_value(|due| {
                due.get_or_insert_with(|| Timer::after(GATHER, ask));
            });
        }
    }

    fn id(self) -> Option<String> {
        let id = |client: &Option<ClientDetail>| client.as_ref().map(|c| c.client_id.clone());
        self.client.try_with_untracked(id)?
    }

    pub(super) fn look_at(self, id: String) {
        spawn_local(async move {
            match Client::new("").client(&id).await {
                Ok(client) => {
                    self.client.try_set(Some(client));
                }
                Err(error) => self.entry.notice(&error),
            }
        });
    }
}
