//! The section *Push*: the form, its recipients, the push, and its delivery.

mod outcome;
mod preview;
mod rehearsal;
mod saved_templates;

use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};

use super::{
    AdminSession, CurrentSection, Section,
    feed::Update,
    saved_lists::SavedLists,
    url_query::{self, Values},
};
use crate::{
    api::Client,
    browser::Timer,
    components::{
        Draft, EraseView, Field, FieldError, PushForm, Recipient, RecipientCount, SavedWords,
        Suggestions, effect, lazy_view, saved_card,
    },
    erased_signal::{ErasedMemo, ErasedSignal},
    i18n,
    wire::{AudienceRequest, AudienceSize, ListRequest, PushRequest, SavedList, To},
};
use outcome::Outcome;
use preview::Preview;
use rehearsal::Rehearsal;
use saved_templates::SavedTemplates;

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

/// The state of the section. Copies share the same signals.
#[derive(Clone, Copy)]
pub(super) struct Push {
    session: AdminSession,
    current: CurrentSection,
    draft: Draft,
    recipient_count: ErasedSignal<RecipientCount>,
    preview: Preview,
    field_error: ErasedSignal<Option<FieldError>>,
    outcome: Outcome,
    rehearsal: Rehearsal,
    lists: SavedLists,
    templates: SavedTemplates,
    busy: RwSignal<bool>,
    /// Counts changes of the connected clients.
    changes: ErasedSignal<u64>,
}

impl Push {
    pub(super) fn new(session: AdminSession, current: CurrentSection) -> Self {
        let draft = Draft::new();
        let push_page = Self {
            session,
            current,
            draft,
            recipient_count: ErasedSignal::default(),
            preview: Preview::new(),
            field_error: ErasedSignal::new(None),
            outcome: Outcome::new(session),
            rehearsal: Rehearsal::new(session, draft),
            lists: SavedLists::new(session),
            templates: SavedTemplates::new(session, draft),
            busy: RwSignal::new(false),
            changes: ErasedSignal::new(0),
        };
        push_page.keep_counting();
        push_page.take_address();
        push_page
    }

    /// A link may set the audience, or name a message to push again. *Clients* may have selected clients.
    fn take_address(self) {
        let read = move |values: &Values| {
            if let Some(id) = values.get("client") {
                self.draft.address(id);
            }
            if let Some(topic) = values.get("topic") {
                self.draft.address_topic(topic);
            }
            if let Some(id) = values.get("again") {
                self.take_again(id);
            }
            if let Some(id) = values.get("list") {
                self.lists.take(id, move |list| self.add_list(list));
            }
        };
        url_query::sync(self.current, Section::Push, read, Vec::new);
        let recipients = self.current.recipients;
        effect(move || {
            if let Some(ids) = recipients.get() {
                self.draft.address_several(&ids);
                recipients.set(None);
            }
        });
    }

    fn take_again(self, id: String) {
        spawn_local(async move {
            match Client::new("").message(&id).await {
                Ok(detail) if !self.busy.is_disposed() => self.draft.fill(&detail.message),
                Ok(_) => {}
                Err(error) => {
                    self.session.check_unauthorized(&error);
                    self.field_error.set(Some((&error).into()));
                }
            }
        });
    }

    /// The named recipients as a list with this name.
    fn list(self, name: String) -> ListRequest {
        let (clients, topics) = untrack(|| self.draft.named());
        ListRequest {
            name,
            clients,
            topics,
        }
    }

    /// Adds the members of a list to the recipients.
    fn add_list(self, list: SavedList) {
        let clients = list.clients.into_iter().map(Recipient::Client);
        let topics = list.topics.into_iter().map(Recipient::Topic);
        self.draft.add(clients.chain(topics).collect());
    }

    pub(super) fn handle(self, update: &Update) {
        if matches!(update, Update::Reload) {
            self.lists.load();
            self.templates.load();
        }
        if matches!(update, Update::Reload | Update::Clients(_)) {
            self.changes.update(|changes| *changes += 1);
        }
        self.outcome.handle(update);
    }

    /// Requests the number of recipients and their ids whenever the audience or the connected clients
    /// change. Changes while a request is scheduled are covered by that request.
    fn keep_counting(self) {
        let due = StoredValue::new_local(None::<Timer>);
        let asked = StoredValue::new(0_u64);
        let to = ErasedMemo::new(move || self.draft.audiences().unwrap_or_default());
        let last = StoredValue::new(Vec::<To>::new());
        effect(move || {
            self.changes.track();
            let audience = to.get();
            let admin = self.session.is_admin();
            if last.get_value() != audience {
                last.set_value(audience.clone());
                self.recipient_count.set(RecipientCount::Unknown);
                self.preview.clear();
                due.set_value(None);
            }
            if !admin || !self.current.is(Section::Push) || due.with_value(Option::is_some) {
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
                        self.recipient_count.set(recipient_count);
                        let typed = self.draft.typing();
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
                    self.session.check_unauthorized(&error);
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
        self.busy.set(true);
        self.outcome.clear();
        spawn_local(async move {
            for push in pushes {
                match Client::new("").push(&push).await {
                    Ok(answer) => self.outcome.watch(answer, push.to),
                    Err(error) => {
                        self.session.check_unauthorized(&error);
                        self.field_error.set(Some((&error).into()));
                        break;
                    }
                }
            }
            self.busy.try_set(false);
        });
    }
}

/// The view of the section. What is beside the form is loaded when the form is there.
pub(super) fn view(push_page: Push) -> AnyView {
    let suggestions = Suggestions {
        ids: push_page.preview.ids,
        topics: push_page.preview.topics,
        lists: push_page.lists.entries,
        take_list: take_list(push_page),
    };
    view! {
        <div class="columns push">
            <section class="card wide">
                <PushForm
                    draft=push_page.draft
                    recipient_count=push_page.recipient_count
                    suggestions
                    field_error=push_page.field_error
                    busy=push_page.busy.into()
                    on_push=Callback::new(move |pushes| push_page.push(pushes))
                />
            </section>
            <div class="side">
                {lazy_view(|| Box::pin(load_push_side()), move || push_side(push_page))}
            </div>
        </div>
    }
    .erase()
}

fn take_list(push_page: Push) -> Callback<String> {
    Callback::new(move |id| {
        let add = move |list| push_page.add_list(list);
        push_page.lists.take(id, add);
    })
}

#[wasm_split(push_side, wasm_split_path = ::leptos::wasm_split, preload(load_push_side), fallible)]
fn push_side(push_page: Push) -> Result<AnyView, SplitLoaderError> {
    Ok(side(push_page))
}

/// What is beside the form.
fn side(push_page: Push) -> AnyView {
    let Push {
        lists, templates, ..
    } = push_page;
    let save_list = Callback::new(move |name| lists.save(push_page.list(name)));
    let list_actions = lists.actions(save_list, take_list(push_page));
    let again = Callback::new(move |ids: Vec<String>| push_page.draft.address_several(&ids));
    view! {
        {outcome::view(push_page.outcome, again)} {preview::view(push_page.preview, push_page.recipient_count)}
        {rehearsal::view(push_page.rehearsal)}
        {saved_card(lists.entries, lists.saving, LISTS, list_actions)}
        {saved_card(templates.entries, templates.saving, TEMPLATES, templates.actions())}
    }
    .erase_client_only()
}
