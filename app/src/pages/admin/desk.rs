//! *Push*: whom, how many that is and who, the push itself, and what becomes of it.

mod outcome;
mod preview;

use leptos::{prelude::*, task::spawn_local};

use super::{
    Entry, Here, Place,
    address::{self, Values},
    feed::News,
};
use crate::{
    api::Client,
    browser::{self, Timer},
    components::{
        Complaint, Draft, Field, IntoPart, Kept, PushForm, Reach, Templates, effect, on_change,
    },
    held::{Derived, Held},
    wire::{AudienceRequest, PushRequest, To},
    words,
};
use outcome::Outcome;
use preview::Preview;

/// Milliseconds between a change and the question how many a push would reach now.
const PAUSE: f64 = 200.0;
/// Under this name the browser keeps the templates.
const TEMPLATES: &str = "tidings.templates";

/// The push form and what belongs to it. Copies are the same desk.
#[derive(Clone, Copy)]
pub(super) struct Desk {
    entry: Entry,
    here: Here,
    draft: Draft,
    reach: Held<Reach>,
    preview: Preview,
    complaint: Held<Option<Complaint>>,
    outcome: Outcome,
    templates: Held<Kept>,
    busy: RwSignal<bool>,
    /// Counts what has changed among those who are connected.
    changes: Held<u64>,
}

impl Desk {
    pub(super) fn new(entry: Entry, here: Here) -> Self {
        let desk = Self {
            entry,
            here,
            draft: Draft::new(),
            reach: Held::default(),
            preview: Preview::new(),
            complaint: Held::new(None),
            outcome: Outcome::new(entry),
            templates: Held::default(),
            busy: RwSignal::new(false),
            changes: Held::new(0),
        };
        desk.keep_counting();
        desk.keep_templates();
        desk.take_address();
        desk
    }

    /// A link may say whom to push to, or what to push again.
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
        address::keep(self.here, Place::Push, read, Vec::new);
    }

    fn take_again(self, id: String) {
        spawn_local(async move {
            match Client::new("").message(&id).await {
                Ok(detail) if !self.busy.is_disposed() => self.draft.fill(&detail.message),
                Ok(_) => {}
                Err(error) => {
                    self.entry.notice(&error);
                    self.complaint.set(Some((&error).into()));
                }
            }
        });
    }

    fn keep_templates(self) {
        effect(move || {
            let kept = browser::kept(TEMPLATES).and_then(|text| serde_json::from_str(&text).ok());
            self.templates.set(kept.unwrap_or_default());
        });
        on_change(
            move || self.templates.track(),
            move || {
                if let Ok(text) = self.templates.with(serde_json::to_string) {
                    browser::keep(TEMPLATES, &text);
                }
            },
        );
    }

    pub(super) fn told(self, news: &News) {
        if matches!(news, News::Open | News::Clients(_)) {
            self.changes.update(|changes| *changes += 1);
        }
        self.outcome.told(news);
    }

    /// Asks how many it is, and who, whenever the audience, or who is connected, has changed. Changes
    /// that come while a question is due are answered by that question.
    fn keep_counting(self) {
        let due = StoredValue::new_local(None::<Timer>);
        let asked = StoredValue::new(0_u64);
        let to = Derived::new(move || self.draft.to().ok());
        let last = StoredValue::new(None::<To>);
        effect(move || {
            self.changes.track();
            let audience = to.get();
            let admin = self.entry.is_admin();
            if last.get_value() != audience {
                last.set_value(audience.clone());
                self.reach.set(Reach::Unknown);
                self.preview.forget();
                due.set_value(None);
            }
            if !admin || !self.here.is(Place::Push) || due.with_value(Option::is_some) {
                return;
            }
            due.set_value(Some(Timer::after(PAUSE, move || {
                due.try_set_value(None);
                let question = asked.try_update_value(|asked| {
                    *asked += 1;
                    *asked
                });
                let Some(audience) = to.try_peek() else {
                    return;
                };
                spawn_local(async move {
                    let reach = self.count(Option::clone(&audience)).await;
                    // An answer that comes after a later question is stale.
                    let current = move || asked.try_get_value() == question;
                    if current() {
                        self.reach.set(reach);
                        self.preview.look(Option::clone(&audience), current).await;
                    }
                });
            })));
        });
    }

    async fn count(self, to: Option<To>) -> Reach {
        let Some(to) = to else { return Reach::Unknown };
        match Client::new("").audience(&AudienceRequest { to }).await {
            Ok(size) => Reach::Known(size),
            Err(error) => {
                self.entry.notice(&error);
                Reach::Refused(Complaint {
                    field: Field::To,
                    text: words::error(&error),
                })
            }
        }
    }

    fn push(self, push: PushRequest) {
        self.busy.set(true);
        self.outcome.forget();
        spawn_local(async move {
            match Client::new("").push(&push).await {
                Ok(answer) => self.outcome.watch(answer, push.to),
                Err(error) => {
                    self.entry.notice(&error);
                    self.complaint.set(Some((&error).into()));
                }
            }
            self.busy.try_set(false);
        });
    }
}

/// The place of the panel.
pub(super) fn view(desk: Desk) -> AnyView {
    view! {
        <div class="columns push">
            <section class="card wide">
                <PushForm
                    draft=desk.draft
                    reach=desk.reach
                    ids=desk.preview.ids
                    topics=desk.preview.topics
                    complaint=desk.complaint
                    busy=desk.busy.into()
                    on_push=Callback::new(move |push| desk.push(push))
                />
            </section>
            <div class="side">
                {outcome::view(desk.outcome)} {preview::view(desk.preview, desk.reach)}
                <Templates draft=desk.draft kept=desk.templates />
            </div>
        </div>
    }
    .part()
}
