//! The section *Scheduled*: messages that are to be pushed later.

use leptos::{prelude::*, task::spawn_local};

use super::{AdminSession, CurrentSection, Section, feed::Update};
use crate::{
    api::{ApiError, Client},
    browser::Timer,
    components::{
        EraseView, ScheduledActions, effect, on_click, optional_text, retry_notice, scheduled_list,
        when,
    },
    erased_signal::ErasedSignal,
    i18n::{self, texts, tr},
    wire::{ScheduledChange, ScheduledInfo},
};

/// Messages that are loaded at a time.
const PAGE: u32 = 100;
/// Milliseconds in which updates are collected into one request.
const BATCH_DELAY: f64 = 500.0;

/// The messages that wait. Copies share the same signals.
#[derive(Clone, Copy)]
pub(super) struct Scheduled {
    session: AdminSession,
    current: CurrentSection,
    /// The loaded messages, in the order of their times; none: not loaded yet.
    entries: ErasedSignal<Option<Vec<ScheduledInfo>>>,
    /// What loads the next page, if there is one.
    next: RwSignal<Option<String>>,
    /// Why something could not be done.
    wrong: RwSignal<Option<String>>,
    due: StoredValue<Option<Timer>, LocalStorage>,
}

impl Scheduled {
    pub(super) fn new(session: AdminSession, current: CurrentSection) -> Self {
        let scheduled = Self {
            session,
            current,
            entries: ErasedSignal::new(None),
            next: RwSignal::new(None),
            wrong: RwSignal::new(None),
            due: StoredValue::new_local(None),
        };
        effect(move || {
            if current.is(Section::Scheduled) && session.is_admin() {
                scheduled.load();
            }
        });
        scheduled
    }

    /// A message that was pushed may be one of these.
    pub(super) fn handle(self, update: &Update) {
        let moves = matches!(update, Update::Reload | Update::Pushed(_));
        if moves && untrack(|| self.current.is(Section::Scheduled)) {
            let load = move || {
                self.due.try_set_value(None);
                self.load();
            };
            self.due.try_update_value(|due| {
                due.get_or_insert_with(|| Timer::after(BATCH_DELAY, load));
            });
        }
    }

    fn load(self) {
        spawn_local(async move { self.take_page(None).await });
    }

    fn load_more(self) {
        let after = self.next.get_untracked();
        spawn_local(async move { self.take_page(after).await });
    }

    async fn take_page(self, after: Option<String>) {
        if self.current.is_disposed() {
            return;
        }
        let answer = Client::new("").scheduled_page(after.as_deref(), PAGE).await;
        if self.current.is_disposed() {
            return;
        }
        match answer {
            Ok(page) => {
                self.entries.update(|entries| match (entries, after) {
                    (Some(entries), Some(_)) => entries.extend(page.scheduled),
                    (entries, _) => *entries = Some(page.scheduled),
                });
                self.next.set(page.next);
                self.wrong.set(None);
            }
            Err(error) => self.failed(&error),
        }
    }

    fn failed(self, error: &ApiError) {
        self.session.check_unauthorized(error);
        self.wrong.try_set(Some(i18n::error(error)));
    }

    /// Loads the list after a change, or says why it was not made.
    async fn changed(self, outcome: Result<(), ApiError>) {
        match outcome {
            Ok(()) => self.take_page(None).await,
            Err(error) => self.failed(&error),
        }
    }

    fn shift(self, id: String, at: String) {
        spawn_local(async move {
            let change = ScheduledChange {
                at: Some(at),
                delay: None,
            };
            let moved = Client::new("").reschedule(&id, &change).await;
            self.changed(moved.map(drop)).await;
        });
    }

    fn cancel(self, id: String) {
        spawn_local(async move {
            let cancelled = Client::new("").cancel_scheduled(&id).await;
            self.changed(cancelled).await;
        });
    }
}

/// The view of the section.
pub(super) fn view(scheduled: Scheduled) -> AnyView {
    when(
        move || scheduled.session.is_admin(),
        move || shown(scheduled),
    )
}

fn shown(scheduled: Scheduled) -> AnyView {
    let nothing = move || {
        scheduled
            .entries
            .with(|entries| entries.as_ref().is_some_and(Vec::is_empty))
    };
    let none = || {
        view! {
            <div class="empty">
                <p class="title">{tr(|t| t.scheduled.none)}</p>
                <p>{tr(|t| t.scheduled.none_hint)}</p>
            </div>
        }
        .erase_client_only()
    };
    let more = move || {
        view! {
            <button type="button" class="quiet" on:click=on_click(move || scheduled.load_more())>
                {tr(|t| t.scheduled.more)}
            </button>
        }
        .erase_client_only()
    };
    let reading = optional_text(move || {
        let reads =
            scheduled.entries.with(Option::is_none) && scheduled.wrong.with(Option::is_none);
        reads.then(|| texts().scheduled.loading.to_owned())
    });
    let actions = ScheduledActions {
        may_change: scheduled.session.may("push"),
        shift: Callback::new(move |(id, at)| scheduled.shift(id, at)),
        cancel: Callback::new(move |id| scheduled.cancel(id)),
    };
    view! {
        <section class="card" aria-labelledby="scheduled-title">
            <h2 id="scheduled-title">{tr(|t| t.scheduled.list)}</h2>
            {retry_notice(move || scheduled.wrong.get(), move || scheduled.load())}
            <p class="nothing">{reading}</p>
            {scheduled_list(scheduled.entries, actions)}
            {when(nothing, none)}
            {when(move || scheduled.next.with(Option::is_some), more)}
        </section>
    }
    .erase_client_only()
}
