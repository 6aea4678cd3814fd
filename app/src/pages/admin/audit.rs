//! The section *Audit*: who did what, with a filter.

use leptos::{prelude::*, task::spawn_local};

use super::{
    AdminSession, CurrentSection, Section,
    feed::Update,
    url_query::{self, Values},
};
use crate::{
    api::{AuditQuery, Client},
    browser::Timer,
    components::{
        EraseView, audit_list, effect, either, on_change, on_click, optional_text, retry_notice,
        search_field, when,
    },
    erased_signal::{ErasedMemo, ErasedSignal},
    formatting,
    i18n::{self, texts, tr},
    wire::AuditInfo,
};

/// Entries that are loaded at a time.
const PAGE: u32 = 50;
/// Milliseconds without a change of the filter before it is applied.
const PAUSE: f64 = 250.0;
/// A day in milliseconds.
const DAY: u64 = 24 * 60 * 60 * 1000;

/// The audit trail. Copies share the same signals.
#[derive(Clone, Copy)]
pub(super) struct Audit {
    session: AdminSession,
    current: CurrentSection,
    /// The values of the filter: who, action, client, topic, outcome, day.
    fields: [RwSignal<String>; 6],
    /// The loaded entries, newest first; none: not loaded yet.
    entries: ErasedSignal<Option<Vec<AuditInfo>>>,
    /// What loads the next page, if there is one.
    next: RwSignal<Option<String>>,
    /// Why the entries could not be loaded.
    wrong: RwSignal<Option<String>>,
    timer: StoredValue<Option<Timer>, LocalStorage>,
}

/// The parameters of the URL for the fields.
const NAMES: [&str; 6] = ["who", "action", "client", "topic", "outcome", "day"];

impl Audit {
    pub(super) fn new(session: AdminSession, current: CurrentSection) -> Self {
        let audit = Self {
            session,
            current,
            fields: std::array::from_fn(|_| RwSignal::default()),
            entries: ErasedSignal::new(None),
            next: RwSignal::new(None),
            wrong: RwSignal::new(None),
            timer: StoredValue::new_local(None),
        };
        effect(move || {
            if current.is(Section::Audit) && session.may("manage") {
                audit.load();
            }
        });
        let wanted = ErasedMemo::new(move || audit.query());
        let load = move || {
            let load = Timer::after(PAUSE, move || audit.load());
            audit.timer.set_value(Some(load));
        };
        on_change(move || wanted.track(), load);
        let read = move |values: &Values| {
            for (name, field) in NAMES.iter().zip(audit.fields) {
                field.set(values.text(name));
            }
        };
        let pair = move |n: usize| (NAMES[n], audit.fields[n].get());
        url_query::sync(current, Section::Audit, read, move || {
            (0..6).map(pair).collect()
        });
        audit
    }

    pub(super) fn handle(self, update: &Update) {
        if matches!(update, Update::Reload) && untrack(|| self.current.is(Section::Audit)) {
            self.load();
        }
    }

    fn query(self) -> AuditQuery {
        let [who, action, client, topic, outcome, day] = self.fields.map(|field| {
            let text = field.get().trim().to_owned();
            (!text.is_empty()).then_some(text)
        });
        let since = day.and_then(|day| formatting::start_of_day(&day));
        AuditQuery {
            who,
            action,
            client,
            topic,
            outcome,
            since,
            until: since.map(|since| since + DAY - 1),
            ..AuditQuery::default()
        }
    }

    /// Loads the newest entries.
    fn load(self) {
        spawn_local(async move { self.take_page(None).await });
    }

    fn load_older(self) {
        let before = self.next.get_untracked();
        spawn_local(async move { self.take_page(before).await });
    }

    /// Loads one page, and applies it if the filter has not changed.
    async fn take_page(self, before: Option<String>) {
        if self.current.is_disposed() {
            return;
        }
        let wanted = untrack(|| self.query());
        let query = AuditQuery {
            limit: Some(PAGE),
            before: before.clone(),
            ..wanted.clone()
        };
        let answer = Client::new("").audit(&query).await;
        if self.current.is_disposed() || untrack(|| self.query()) != wanted {
            return;
        }
        match answer {
            Ok(page) => {
                self.entries.update(|entries| match (entries, before) {
                    (Some(entries), Some(_)) => entries.extend(page.entries),
                    (entries, _) => *entries = Some(page.entries),
                });
                self.next.set(page.next);
                self.wrong.set(None);
            }
            Err(error) => {
                self.session.check_unauthorized(&error);
                self.wrong.set(Some(i18n::error(&error)));
            }
        }
    }
}

/// The view of the section.
pub(super) fn view(audit: Audit) -> AnyView {
    when(move || audit.session.is_admin(), move || shown(audit))
}

fn shown(audit: Audit) -> AnyView {
    let [who, action, client, topic, outcome, day] = audit.fields;
    let nothing = move || {
        audit
            .entries
            .with(|entries| entries.as_ref().is_some_and(Vec::is_empty))
    };
    let older = move || {
        view! {
            <button type="button" class="quiet" on:click=on_click(move || audit.load_older())>
                {tr(|t| t.audit.older)}
            </button>
        }
        .erase_client_only()
    };
    let reading = optional_text(move || {
        let reads = audit.entries.with(Option::is_none) && audit.wrong.with(Option::is_none);
        reads.then(|| texts().audit.loading.to_owned())
    });
    view! {
        <section class="card" aria-labelledby="audit-title">
            <div class="row">
                <h2 id="audit-title">{tr(|t| t.audit.list)}</h2>
                <button type="button" class="quiet small" on:click=on_click(move || audit.load())>
                    {tr(|t| t.audit.refresh)}
                </button>
            </div>
            <div class="filters">
                {search_field("audit-who", |t| t.audit.who, |t| t.audit.who_hint, who)}
                {search_field("audit-action", |t| t.audit.action, |t| t.audit.action_hint, action)}
                {search_field("audit-client", |t| t.audit.client, |t| t.audit.client, client)}
                {search_field("audit-topic", |t| t.audit.topic, |t| t.audit.topic, topic)}
                {search_field("audit-outcome", |t| t.audit.outcome, |t| t.audit.outcome_hint, outcome)}
                <label class="unseen" for="audit-day">
                    {tr(|t| t.audit.day)}
                </label>
                <input id="audit-day" type="date" bind:value=day />
            </div>
            {retry_notice(move || audit.wrong.get(), move || audit.load())}
            <p class="nothing">{reading}</p>
            {audit_list(audit.entries)}
            {when(nothing, move || nothing_here(audit))}
            {when(move || audit.next.with(Option::is_some), older)}
        </section>
    }
    .erase_client_only()
}

/// The view if there are no entries to list.
fn nothing_here(audit: Audit) -> AnyView {
    let filtered = move || audit.query() != AuditQuery::default();
    let clear = move || {
        let clear = on_click(move || {
            audit
                .fields
                .iter()
                .for_each(|field| field.set(String::new()))
        });
        view! {
            <p>{tr(|t| t.audit.no_match)}</p>
            <button type="button" class="quiet small" on:click=clear>
                {tr(|t| t.audit.clear)}
            </button>
        }
        .erase_client_only()
    };
    let first = || view! { <p class="title">{tr(|t| t.audit.none)}</p> }.erase_client_only();
    view! { <div class="empty">{either(filtered, clear, first)}</div> }.erase_client_only()
}
