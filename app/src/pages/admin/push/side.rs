//! What is loaded when the form is there: the number of its recipients, suggestions, sending, and the cards beside it.

use std::sync::Arc;

use leptos::{prelude::*, task::spawn_local};

use super::{
    super::{Section, feed::Update, saved_lists::SavedLists},
    Push, Side,
    outcome::{self, Outcome},
    preview::{self, Preview},
    rehearsal::{self, Rehearsal},
    saved_templates::SavedTemplates,
};
use crate::{
    api::Client,
    browser::Timer,
    components::{
        EraseView, Field, FieldError, Recipient, RecipientCount, SavedWords, Suggestions, effect,
        recipients, saved_card, suggested,
    },
    erased_signal::{ErasedMemo, ErasedSignal},
    i18n,
    wire::{AudienceRequest, AudienceSize, ListRequest, PushRequest, SavedList, To},
};

/// Milliseconds between a change and the request for the number of recipients.
const PAUSE: f64 = 200.0;

/// What the card of the lists says.
const LISTS: SavedWords = SavedWords {
    id: "lists",
    title: |t| t.saved.lists,
    name: |t| t.saved.list_name,
    none: |t| t.saved.no_lists,
    remove_ask: |t| t.saved.list_remove_ask,
};
/// What the card of the templates says.
const TEMPLATES: SavedWords = SavedWords {
    id: "templates",
    title: |t| t.saved.templates,
    name: |t| t.saved.template_name,
    none: |t| t.saved.no_templates,
    remove_ask: |t| t.saved.template_remove_ask,
};

/// The state of it. Copies share the same signals.
#[derive(Clone, Copy)]
struct Started {
    form: Push,
    preview: Preview,
    outcome: Outcome,
    rehearsal: Rehearsal,
    lists: SavedLists,
    templates: SavedTemplates,
    /// Counts changes of the connected clients.
    changes: ErasedSignal<u64>,
}

/// Starts what belongs to this form.
pub(super) fn start(form: Push) -> Arc<dyn Side> {
    let Push { session, draft, .. } = form;
    let started = Started {
        form,
        preview: Preview::new(),
        outcome: Outcome::new(session),
        rehearsal: Rehearsal::new(session, draft),
        lists: SavedLists::new(session),
        templates: SavedTemplates::new(session, draft),
        changes: ErasedSignal::new(0),
    };
    started.keep_counting();
    started.fill_form();
    Arc::new(started)
}

impl Side for Started {
    fn handle(&self, update: &Update) {
        if matches!(update, Update::Reload) {
            self.lists.load();
            self.templates.load();
        }
        if matches!(update, Update::Reload | Update::Clients(_)) {
            self.changes.update(|changes| *changes += 1);
        }
        self.outcome.handle(update);
    }

    fn submit(&self) {
        let form = self.form;
        let is_everyone = |push: &PushRequest| push.to == To::Everyone;
        match untrack(|| form.draft.requests()) {
            Ok(pushes) if pushes.iter().any(is_everyone) && !form.asked.get_untracked() => {
                form.asked.set(true);
            }
            Ok(pushes) => {
                form.asked.set(false);
                form.field_error.set(None);
                self.push(pushes);
            }
            Err(wrong) => form.field_error.set(Some(wrong)),
        }
    }

    fn several(&self, note: Signal<Option<String>>) -> AnyView {
        let suggestions = Suggestions {
            ids: self.preview.ids,
            topics: self.preview.topics,
            lists: self.lists.entries,
            take_list: self.take_list(),
        };
        recipients(self.form.draft, suggestions, note)
    }

    fn view(&self) -> AnyView {
        let Self {
            form,
            lists,
            templates,
            preview,
            ..
        } = *self;
        let list = move |name| lists.save(list_of(form, name));
        let list_actions = lists.actions(Callback::new(list), self.take_list());
        let again = Callback::new(move |ids: Vec<String>| form.draft.address_several(&ids));
        view! {
            {outcome::view(self.outcome, again)} {preview::view(preview, form.recipient_count)}
            {rehearsal::view(self.rehearsal)}
            {saved_card(lists.entries, lists.saving, LISTS, list_actions)}
            {saved_card(templates.entries, templates.saving, TEMPLATES, templates.actions())}
            {suggested("ids", preview.ids)} {suggested("topics", preview.topics)}
        }
        .erase_client_only()
    }
}

impl Started {
    /// Loads what the address names.
    fn fill_form(self) {
        let Push { again, list, .. } = self.form;
        effect(move || {
            if let Some(id) = again.get() {
                again.set(None);
                self.take_again(id);
            }
        });
        effect(move || {
            if let Some(id) = list.get() {
                list.set(None);
                self.lists.take(id, move |list| self.add_list(list));
            }
        });
    }

    fn take_again(self, id: String) {
        spawn_local(async move {
            match Client::new("").message(&id).await {
                Ok(detail) if !self.form.busy.is_disposed() => {
                    self.form.draft.fill(&detail.message)
                }
                Ok(_) => {}
                Err(error) => {
                    self.form.session.check_unauthorized(&error);
                    self.form.field_error.set(Some((&error).into()));
                }
            }
        });
    }

    /// Adds the members of a list to the recipients.
    fn add_list(self, list: SavedList) {
        let clients = list.clients.into_iter().map(Recipient::Client);
        let topics = list.topics.into_iter().map(Recipient::Topic);
        self.form.draft.add(clients.chain(topics).collect());
    }

    /// Requests the number of recipients and their ids whenever the audience or the connected clients
    /// change. Changes while a request is scheduled are covered by that request.
    fn keep_counting(self) {
        let due = StoredValue::new_local(None::<Timer>);
        let asked = StoredValue::new(0_u64);
        let to = ErasedMemo::new(move || self.form.draft.audiences().unwrap_or_default());
        let last = StoredValue::new(Vec::<To>::new());
        effect(move || {
            self.changes.track();
            let audience = to.get();
            let admin = self.form.session.is_admin();
            if last.get_value() != audience {
                last.set_value(audience.clone());
                self.form.recipient_count.set(RecipientCount::Unknown);
                self.preview.clear();
                due.set_value(None);
            }
            if !admin || !self.form.current.is(Section::Push) || due.with_value(Option::is_some) {
                return;
            }
            due.set_value(Some(Timer::after(PAUSE, move || {
                due.try_set_value(None);
                let question = asked.try_update_value(|asked| {
                    *asked += 1;
                    *asked
                });
                let Some(audience) = to.try_read_untracked() else {
                    return;
                };
                spawn_local(async move {
                    let recipient_count = self.count(&audience).await;
                    // An answer is ignored if a later request was sent.
                    let current = move || asked.try_get_value() == question;
                    if current() {
                        self.form.recipient_count.set(recipient_count);
                        let typed = self.form.draft.typing();
                        self.preview.look(&audience, &typed, current).await;
                    }
                });
            })));
        });
    }

    /// The sizes of all audiences together. A client of several counts several times.
    async fn count(self, audiences: &[To]) -> RecipientCount {
        let mut all = AudienceSize {
            clients: 0,
            connections: 0,
        };
        for to in audiences {
            let to = to.clone();
            match Client::new("").audience(&AudienceRequest { to }).await {
                Ok(size) => {
                    all.clients += size.clients;
                    all.connections += size.connections;
                }
                Err(error) => {
                    self.form.session.check_unauthorized(&error);
                    return RecipientCount::Refused(FieldError {
                        field: Field::To,
                        text: i18n::error(&error),
                    });
                }
            }
        }
        match audiences.is_empty() {
            true => RecipientCount::Unknown,
            false => RecipientCount::Known(all),
        }
    }

    /// Pushes one after the other. Those before an error are done.
    fn push(self, pushes: Vec<PushRequest>) {
        self.form.busy.set(true);
        self.outcome.clear();
        spawn_local(async move {
            for push in pushes {
                match Client::new("").push(&push).await {
                    Ok(answer) => self.outcome.watch(answer, push.to),
                    Err(error) => {
                        self.form.session.check_unauthorized(&error);
                        self.form.field_error.set(Some((&error).into()));
                        break;
                    }
                }
            }
            self.form.busy.try_set(false);
        });
    }

    fn take_list(self) -> Callback<String> {
        Callback::new(move |id| self.lists.take(id, move |list| self.add_list(list)))
    }
}

/// The named recipients as a list with this name.
fn list_of(form: Push, name: String) -> ListRequest {
    let (clients, topics) = untrack(|| form.draft.named());
    ListRequest {
        name,
        clients,
        topics,
    }
}
