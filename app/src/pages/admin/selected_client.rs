//! The details of the selected client, kept up to date.

use leptos::{prelude::*, task::spawn_local};

use super::{AdminSession, feed::Update};
use crate::{
    api::{ApiError, Client},
    browser::Timer,
    components::effect,
    erased_signal::ErasedSignal,
    i18n::{self, plural, texts},
    wire::ClientDetail,
};

/// Milliseconds in which updates are collected into one request.
const BATCH_DELAY: f64 = 250.0;

/// The selected client. Copies share the same signals.
#[derive(Clone, Copy)]
pub(super) struct SelectedClient {
    session: AdminSession,
    /// Its id; empty: none is selected.
    pub(super) id: RwSignal<String>,
    pub(super) client: ErasedSignal<Option<ClientDetail>>,
    /// Why the details could not be loaded.
    pub(super) wrong: RwSignal<Option<String>>,
    /// The result of the last action.
    pub(super) note: RwSignal<Option<String>>,
    due: StoredValue<Option<Timer>, LocalStorage>,
}

impl SelectedClient {
    pub(super) fn new(session: AdminSession) -> Self {
        let selected = Self {
            session,
            id: RwSignal::default(),
            client: ErasedSignal::new(None),
            wrong: RwSignal::new(None),
            note: RwSignal::new(None),
            due: StoredValue::new_local(None),
        };
        effect(move || {
            selected.id.track();
            selected.client.set(None);
            selected.wrong.set(None);
            selected.note.set(None);
            selected.ask();
        });
        selected
    }

    pub(super) fn handle(self, update: &Update) {
        if update.concerns(&self.id.get_untracked()) {
            let ask = move || {
                self.due.try_set_value(None);
                self.ask();
            };
            self.due.try_update_value(|due| {
                due.get_or_insert_with(|| Timer::after(BATCH_DELAY, ask));
            });
        }
    }

    pub(super) fn ask(self) {
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
                    self.session.check_unauthorized(&error);
                    self.wrong.set(Some(why(&error)));
                }
            }
        });
    }

    pub(super) fn disconnect(self, id: String) {
        spawn_local(async move {
            let said = match Client::new("").disconnect(&id).await {
                Ok(done) => plural(
                    texts().client.disconnected,
                    done.connections,
                    &[("id", &id)],
                ),
                Err(error) => {
                    self.session.check_unauthorized(&error);
                    i18n::error(&error)
                }
            };
            self.note.try_set(Some(said));
        });
    }
}

fn why(error: &ApiError) -> String {
    match error {
        ApiError::Problem(problem) if problem.status == 404 => texts().client.unknown.to_owned(),
        error => i18n::error(error),
    }
}
