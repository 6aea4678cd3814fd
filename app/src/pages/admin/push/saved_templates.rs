//! The templates of the team.

use leptos::{prelude::*, task::spawn_local};

use super::super::AdminSession;
use crate::{
    api::{ApiError, Client},
    components::{Draft, SavedActions, SavedEntry, Saving},
    erased_signal::ErasedSignal,
    formatting::lower_case,
    i18n,
    wire::{TemplateInfo, TemplateRequest},
};

/// The templates. Copies share the same signals.
#[derive(Clone, Copy)]
pub(super) struct SavedTemplates {
    session: AdminSession,
    pub(super) draft: Draft,
    pub(super) entries: ErasedSignal<Vec<SavedEntry>>,
    pub(super) saving: Saving,
    /// What was to be saved under a name that is taken.
    refused: ErasedSignal<Option<TemplateRequest>>,
}

impl SavedTemplates {
    pub(super) fn new(session: AdminSession, draft: Draft) -> Self {
        Self {
            session,
            draft,
            entries: ErasedSignal::default(),
            saving: Saving::new(),
            refused: ErasedSignal::new(None),
        }
    }

    pub(super) fn load(self) {
        if !untrack(|| self.session.may("push")) {
            return;
        }
        spawn_local(async move {
            match Client::new("").templates().await {
                Ok(found) => {
                    let entries = found.templates.into_iter().map(entry);
                    self.entries.set(entries.collect());
                }
                Err(error) => self.say(&error),
            }
        });
    }

    fn save(self, name: String) {
        let template = match untrack(|| self.draft.template(name)) {
            Ok(template) => template,
            Err(wrong) => return self.saving.note.set(Some(wrong.text)),
        };
        spawn_local(async move {
            match Client::new("").create_template(&template).await {
                Ok(_) => self.done(&template),
                Err(ApiError::Problem(problem)) if problem.code == "name_taken" => {
                    self.saving.taken.try_set(Some(template.name.clone()));
                    self.refused.set(Some(template));
                    self.load();
                }
                Err(error) => self.say(&error),
            }
        });
    }

    /// Saves what was refused in place of the template with its name.
    fn replace(self) {
        let Some(template) = self.refused.read_untracked().as_ref().clone() else {
            return;
        };
        let name = lower_case(&template.name);
        let entries = self.entries.read_untracked();
        let same = entries.iter().find(|one| lower_case(&one.name) == name);
        let id = same.map(|one| one.id.clone());
        spawn_local(async move {
            let saved = match id {
                Some(id) => Client::new("").replace_template(&id, &template).await,
                // It was removed meanwhile.
                None => Client::new("").create_template(&template).await,
            };
            match saved {
                Ok(_) => self.done(&template),
                Err(error) => self.say(&error),
            }
        });
    }

    /// Fills the form with a template.
    fn take(self, id: String) {
        spawn_local(async move {
            match Client::new("").template(&id).await {
                Ok(found) if !self.saving.note.is_disposed() => {
                    self.draft.fill_template(&found.template);
                }
                Ok(_) => {}
                Err(error) => self.say(&error),
            }
        });
    }

    fn remove(self, id: String) {
        spawn_local(async move {
            if let Err(error) = Client::new("").delete_template(&id).await {
                self.say(&error);
            }
            self.load();
        });
    }

    pub(super) fn actions(self) -> SavedActions {
        SavedActions {
            save: Callback::new(move |name| self.save(name)),
            replace: Callback::new(move |()| self.replace()),
            take: Callback::new(move |id| self.take(id)),
            remove: Callback::new(move |id| self.remove(id)),
        }
    }

    fn done(self, template: &TemplateRequest) {
        self.saving.done(&template.name);
        self.load();
    }

    fn say(self, error: &ApiError) {
        self.session.check_unauthorized(error);
        self.saving.note.try_set(Some(i18n::error(error)));
    }
}

fn entry(template: TemplateInfo) -> SavedEntry {
    SavedEntry {
        id: template.id,
        name: template.name,
        members: None,
        event: template.event,
        changed: (template.changed_by, template.changed_at),
    }
}
