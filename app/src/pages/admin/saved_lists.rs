//! The saved lists of the team.

use leptos::{prelude::*, task::spawn_local};

use super::AdminSession;
use crate::{
    api::{ApiError, Client},
    components::{SavedActions, SavedEntry, Saving},
    erased_signal::ErasedSignal,
    formatting::lower_case,
    i18n,
    wire::{ListInfo, ListRequest, SavedList},
};

/// The lists. Copies share the same signals.
#[derive(Clone, Copy)]
pub(super) struct SavedLists {
    session: AdminSession,
    pub(super) entries: ErasedSignal<Vec<SavedEntry>>,
    pub(super) saving: Saving,
    /// What was to be saved under a name that is taken.
    refused: ErasedSignal<ListRequest>,
}

impl SavedLists {
    pub(super) fn new(session: AdminSession) -> Self {
        Self {
            session,
            entries: ErasedSignal::default(),
            saving: Saving::new(),
            refused: ErasedSignal::default(),
        }
    }

    /// Loads the lists, if there is somebody who may use them.
    pub(super) fn load(self) {
        if !untrack(|| self.session.may("push")) {
            return;
        }
        spawn_local(async move {
            match Client::new("").lists().await {
                Ok(found) => {
                    let entries = found.lists.into_iter().map(entry);
                    self.entries.set(entries.collect());
                }
                Err(error) => self.say(&error),
            }
        });
    }

    /// Saves a new list.
    pub(super) fn save(self, list: ListRequest) {
        if list.clients.is_empty() && list.topics.is_empty() {
            let said = i18n::texts().saved.nothing.to_owned();
            return self.saving.note.set(Some(said));
        }
        spawn_local(async move {
            match Client::new("").create_list(&list).await {
                Ok(saved) => self.done(&saved),
                Err(ApiError::Problem(problem)) if problem.code == "name_taken" => {
                    self.saving.taken.try_set(Some(list.name.clone()));
                    self.refused.set(list);
                    self.load();
                }
                Err(error) => self.say(&error),
            }
        });
    }

    /// Saves what was refused in place of the list with its name.
    fn replace(self) {
        let list = self.refused.read_untracked();
        let name = lower_case(&list.name);
        let entries = self.entries.read_untracked();
        let same = entries.iter().find(|one| lower_case(&one.name) == name);
        let id = same.map(|one| one.id.clone());
        spawn_local(async move {
            let saved = match id {
                Some(id) => Client::new("").replace_list(&id, &list).await,
                // It was removed meanwhile.
                None => Client::new("").create_list(&list).await,
            };
            match saved {
                Ok(saved) => self.done(&saved),
                Err(error) => self.say(&error),
            }
        });
    }

    fn remove(self, id: String) {
        spawn_local(async move {
            if let Err(error) = Client::new("").delete_list(&id).await {
                self.say(&error);
            }
            self.load();
        });
    }

    /// Calls `then` with a list and its members.
    pub(super) fn take(self, id: String, then: impl FnOnce(SavedList) + 'static) {
        spawn_local(async move {
            match Client::new("").list(&id).await {
                Ok(list) if !self.saving.note.is_disposed() => then(list),
                Ok(_) => {}
                Err(error) => self.say(&error),
            }
        });
    }

    /// What the card can do. `save` gets a name, and `take` an id.
    pub(super) fn actions(self, save: Callback<String>, take: Callback<String>) -> SavedActions {
        SavedActions {
            save,
            replace: Callback::new(move |()| self.replace()),
            take,
            remove: Callback::new(move |id| self.remove(id)),
        }
    }

    fn done(self, saved: &SavedList) {
        self.saving.done(&saved.name);
        self.load();
    }

    fn say(self, error: &ApiError) {
        self.session.check_unauthorized(error);
        self.saving.note.try_set(Some(i18n::error(error)));
    }
}

fn entry(list: ListInfo) -> SavedEntry {
    SavedEntry {
        id: list.id,
        name: list.name,
        members: Some((list.clients, list.topics)),
        event: None,
        changed: (list.changed_by, list.changed_at),
    }
}
