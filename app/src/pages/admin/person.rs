//! The one client that is looked at, kept true while it is.

use leptos::{prelude::*, task::spawn_local};

use super::{Entry, feed::News};
use crate::{
    api::{ApiError, Client},
    browser::Timer,
    components::effect,
    held::Held,
    wire::ClientDetail,
    words::{self, count, words},
};

/// News that come within so many milliseconds are asked about together.
const GATHER: f64 = 250.0;

/// The client that is looked at, if one is. Copies are the same.
#[derive(Clone, Copy)]
pub(super) struct Person {
    entry: Entry,
    /// Who; empty: nobody.
    pub(super) id: RwSignal<String>,
    pub(super) client: Held<Option<ClientDetail>>,
    /// Why nothing is known of it.
    pub(super) wrong: RwSignal<Option<String>>,
    /// What came of the last thing that was done to it.
    pub(super) note: RwSignal<Option<String>>,
    due: StoredValue<Option<Timer>, LocalStorage>,
}

impl Person {
    pub(super) fn new(entry: Entry) -> Self {
        let person = Self {
            entry,
            id: RwSignal::default(),
            client: Held::new(None),
            wrong: RwSignal::new(None),
            note: RwSignal::new(None),
            due: StoredValue::new_local(None),
        };
        effect(move || {
            person.id.track();
            person.client.set(None);
            person.wrong.set(None);
            person.note.set(None);
            person.ask();
        });
        person
    }

    pub(super) fn told(self, news: &News) {
        let id = self.id.get_untracked();
        let concerns = match news {
            News::Open => true,
            // A message that waits for it moves nothing but this.
            News::Pushed => true,
            News::Clients(clients) => clients.iter().any(|client| client.client_id == id),
            News::Moved(ids) => ids.contains(&id),
            News::Sample(_) => false,
        };
        if concerns {
            let ask = move || {
                self.due.try_set_value(None);
                self.ask();
            };
            self.due.try_update_value(|due| {
                due.get_or_insert_with(|| Timer::after(GATHER, ask));
            });
        }
    }

    fn ask(self) {
        let id = self.id.try_get_untracked().unwrap_or_default();
        if id.is_empty() {
            return;
        }
        spawn_local(async move {
            let answer = Client::new("").client(&id).await;
            if self.id.try_get_untracked().as_ref() != Some(&id) {
                return;
            }
            match answer {
                Ok(client) => {
                    self.wrong.set(None);
                    self.client.set(Some(client));
                }
                Err(error) => {
                    self.entry.notice(&error);
                    self.wrong.set(Some(why(&error)));
                }
            }
        });
    }

    pub(super) fn disconnect(self, id: String) {
        spawn_local(async move {
            let said = match Client::new("").disconnect(&id).await {
                Ok(done) => count(
                    words().client.disconnected,
                    done.connections,
                    &[("id", &id)],
                ),
                Err(error) => {
                    self.entry.notice(&error);
                    words::error(&error)
                }
            };
            self.note.try_set(Some(said));
        });
    }
}

fn why(error: &ApiError) -> String {
    match error {
        ApiError::Problem(problem) if problem.status == 404 => words().client.unknown.to_owned(),
        error => words::error(error),
    }
}
