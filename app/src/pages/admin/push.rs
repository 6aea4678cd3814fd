//! The section *Push*: the form. Everything else of the section is loaded when the form is there.

mod outcome;
mod preview;
mod rehearsal;
mod saved_templates;
mod side;

use std::sync::Arc;

use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};

use super::{
    AdminSession, CurrentSection, Section,
    feed::Update,
    url_query::{self, Values},
};
use crate::{
    components::{
        Draft, EraseView, Field, FieldError, PushForm, RecipientCount, effect, not_loaded,
        on_change, when,
    },
    erased_signal::ErasedSignal,
    i18n::texts,
    now::now,
};

/// What is loaded when the form is there: what is beside it, what counts its recipients, and what sends it. The form has no
/// code of it.
trait Side: Send + Sync {
    /// What an update of the panel's stream changes.
    fn handle(&self, update: &Update);
    /// Checks what is in the form, and pushes it.
    fn submit(&self);
    /// The field for several recipients, with its error.
    fn several(&self, note: Signal<Option<String>>) -> AnyView;
    /// The view beside the form.
    fn view(&self) -> AnyView;
}

/// The form. Copies share the same signals.
#[derive(Clone, Copy)]
pub(super) struct Push {
    session: AdminSession,
    current: CurrentSection,
    draft: Draft,
    recipient_count: ErasedSignal<RecipientCount>,
    field_error: ErasedSignal<Option<FieldError>>,
    /// Whether a push is being sent, or waits for the code that sends it.
    busy: RwSignal<bool>,
    /// Whether a push to everyone waits for confirmation.
    asked: RwSignal<bool>,
    /// The message of the address, which is to be pushed again.
    again: RwSignal<Option<String>>,
    /// The list of the address, which is to be pushed to.
    list: RwSignal<Option<String>>,
    /// None while it is not loaded.
    side: ErasedSignal<Option<Arc<dyn Side>>>,
    /// Whether it could not be loaded.
    failed: RwSignal<bool>,
    /// Whether the stream of the panel has begun.
    updated: StoredValue<bool>,
}

impl Push {
    pub(super) fn new(session: AdminSession, current: CurrentSection) -> Self {
        let push_page = Self {
            session,
            current,
            draft: Draft::new(),
            recipient_count: ErasedSignal::default(),
            field_error: ErasedSignal::new(None),
            busy: RwSignal::new(false),
            asked: RwSignal::new(false),
            again: RwSignal::new(None),
            list: RwSignal::new(None),
            side: ErasedSignal::new(None),
            failed: RwSignal::new(false),
            updated: StoredValue::new(false),
        };
        push_page.take_address();
        push_page.load_side();
        push_page
    }

    /// A link may set the audience, or name what has to be loaded. *Clients* may have selected clients.
    fn take_address(self) {
        let read = move |values: &Values| {
            if let Some(id) = values.get("client") {
                self.draft.address(id);
            }
            if let Some(topic) = values.get("topic") {
                self.draft.address_topic(topic);
            }
            self.again.set(values.get("again"));
            self.list.set(values.get("list"));
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

    /// Loads what is beside the form. What was pressed meanwhile happens then.
    fn load_side(self) {
        // The state of the section is kept while another one is shown.
        let owner = StoredValue::new(Owner::current().unwrap_or_default());
        // Nobody has pressed the button for what the form has now.
        on_change(
            move || self.draft.track(),
            move || {
                if self.side.read_untracked().is_none() {
                    self.busy.set(false);
                }
            },
        );
        // Only browsers run effects.
        effect(move || {
            spawn_local(async move {
                let loaded = load_push_side().await.is_ok();
                let Some(owner) = owner.try_get_value() else {
                    return;
                };
                let side = loaded.then(|| owner.with(|| now(push_side(self))));
                self.start_side(side.flatten().and_then(Result::ok));
            });
        });
    }

    fn start_side(self, side: Option<Arc<dyn Side>>) {
        if self.updated.get_value()
            && let Some(side) = &side
        {
            side.handle(&Update::Reload);
        }
        self.failed.set(side.is_none());
        self.side.set(side);
        if self.busy.get_untracked() {
            self.busy.set(false);
            self.submit();
        }
    }

    pub(super) fn handle(self, update: &Update) {
        if matches!(update, Update::Reload) {
            self.updated.set_value(true);
        }
        if let Some(side) = &*self.side.read_untracked() {
            side.handle(update);
        }
    }

    fn submit(self) {
        match &*self.side.read_untracked() {
            Some(side) => side.submit(),
            None if self.failed.get_untracked() => {
                let wrong = FieldError::new(Field::Form, texts().shell.not_loaded);
                self.field_error.set(Some(wrong));
            }
            None => self.busy.set(true),
        }
    }
}

/// The view of the section.
pub(super) fn view(push_page: Push) -> AnyView {
    let side = push_page.side;
    let several = move |note| match &*side.read() {
        Some(side) => side.several(note),
        None => view! { <p aria-busy="true"></p> }.erase_client_only(),
    };
    let beside = move || {
        let side = side.read_untracked();
        let side = side.as_ref().as_ref();
        side.map_or_else(|| ().into_any(), |side| side.view())
    };
    view! {
        <div class="columns push">
            <section class="card wide">
                <PushForm
                    draft=push_page.draft
                    recipient_count=push_page.recipient_count
                    several=Arc::new(several)
                    field_error=push_page.field_error
                    busy=push_page.busy
                    asked=push_page.asked
                    on_submit=Callback::new(move |()| push_page.submit())
                />
            </section>
            <div class="side">
                {when(move || side.with(Option::is_some), beside)}
                {when(move || push_page.failed.get(), not_loaded)}
            </div>
        </div>
    }
    .erase()
}

#[wasm_split(push_side, wasm_split_path = ::leptos::wasm_split, preload(load_push_side), fallible)]
fn push_side(form: Push) -> Result<Arc<dyn Side>, SplitLoaderError> {
    Ok(side::start(form))
}
