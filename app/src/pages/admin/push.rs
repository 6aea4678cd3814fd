//! The section *Push*: the form, its recipients, the push, and its delivery.

mod outcome;
mod preview;

use leptos::{prelude::*, task::spawn_local};

use super::{
    AdminSession, CurrentSection, Section,
    feed::Update,
    url_query::{self, Values},
};
use crate::{
    api::Client,
    browser::{self, Timer},
    components::{
        Draft, EraseView, Field, FieldError, PushForm, RecipientCount, StoredTemplates, Templates,
        effect, on_change,
    },
    erased_signal::{ErasedMemo, ErasedSignal},
    i18n, json,
    wire::{AudienceRequest, PushRequest, To},
};
use outcome::Outcome;
use preview::Preview;

/// Milliseconds between a change and the request for the number of recipients.
const PAUSE: f64 = 200.0;
/// The local storage key of the templates.
const TEMPLATES: &str = "tidings.templates";

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
    templates: ErasedSignal<StoredTemplates>,
    busy: RwSignal<bool>,
    /// Counts changes of the connected clients.
    changes: ErasedSignal<u64>,
}

impl Push {
    pub(super) fn new(session: AdminSession, current: CurrentSection) -> Self {
        let push_page = Self {
            session,
            current,
            draft: Draft::new(),
            recipient_count: ErasedSignal::default(),
            preview: Preview::new(),
            field_error: ErasedSignal::new(None),
            outcome: Outcome::new(session),
            templates: ErasedSignal::default(),
            busy: RwSignal::new(false),
            changes: ErasedSignal::new(0),
        };
        push_page.keep_counting();
        push_page.keep_templates();
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

    fn keep_templates(self) {
        effect(move || {
            let kept = browser::local_get(TEMPLATES).and_then(|text| json::decode(&text).ok());
            self.templates.set(kept.unwrap_or_default());
        });
        on_change(
            move || self.templates.track(),
            move || {
                if let Ok(text) = self.templates.with(serde_json::to_string) {
                    browser::local_set(TEMPLATES, &text);
                }
            },
        );
    }

    pub(super) fn handle(self, update: &Update) {
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
        let to = ErasedMemo::new(move || self.draft.to().ok());
        let last = StoredValue::new(None::<To>);
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
                    let recipient_count = self.count(Option::clone(&audience)).await;
                    // An answer is ignored if a later request was sent.
                    let current = move || asked.try_get_value() == question;
                    if current() {
                        self.recipient_count.set(recipient_count);
                        self.preview.look(Option::clone(&audience), current).await;
                    }
                });
            })));
        });
    }

    async fn count(self, to: Option<To>) -> RecipientCount {
        let Some(to) = to else {
            return RecipientCount::Unknown;
        };
        match Client::new("").audience(&AudienceRequest { to }).await {
            Ok(size) => RecipientCount::Known(size),
            Err(error) => {
                self.session.check_unauthorized(&error);
                RecipientCount::Refused(FieldError {
                    field: Field::To,
                    text: i18n::error(&error),
                })
            }
        }
    }

    fn push(self, push: PushRequest) {
        self.busy.set(true);
        self.outcome.clear();
        spawn_local(async move {
            match Client::new("").push(&push).await {
                Ok(answer) => self.outcome.watch(answer, push.to),
                Err(error) => {
                    self.session.check_unauthorized(&error);
                    self.field_error.set(Some((&error).into()));
                }
            }
            self.busy.try_set(false);
        });
    }
}

/// The view of the section.
pub(super) fn view(push_page: Push) -> AnyView {
    view! {
        <div class="columns push">
            <section class="card wide">
                <PushForm
                    draft=push_page.draft
                    recipient_count=push_page.recipient_count
                    ids=push_page.preview.ids
                    topics=push_page.preview.topics
                    field_error=push_page.field_error
                    busy=push_page.busy.into()
                    on_push=Callback::new(move |push| push_page.push(push))
                />
            </section>
            <div class="side">
                {outcome::view(push_page.outcome)} {preview::view(push_page.preview, push_page.recipient_count)}
                <Templates draft=push_page.draft kept=push_page.templates />
            </div>
        </div>
    }
    .erase()
}
