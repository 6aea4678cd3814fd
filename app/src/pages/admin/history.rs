//! The section *Messages*: pushed messages and their delivery state, live.

use leptos::{prelude::*, task::spawn_local};
use std::sync::Arc;

use super::{
    AdminSession, CurrentSection, Section,
    feed::Update,
    url_query::{self, Values},
};
use crate::{
    api::{ApiError, Client, MessagesQuery},
    browser::{self, Timer},
    components::{
        EraseView, HistoryFilter, HistoryFilterFields, HistoryList, MessageActions, effect, either,
        on_change, on_click, optional_text, retry_notice, when,
    },
    erased_signal::{ErasedMemo, ErasedSignal},
    i18n::{self, interpolate, texts, tr},
    message_history::{MessageHistory, is_for_any_of},
    wire::{MessageDetail, MessageInfo},
};

/// Messages per request.
const PAGE: u32 = 50;
/// Milliseconds in which updates are collected into one request.
const BATCH_DELAY: f64 = 250.0;

/// The history. Copies share the same signals.
#[derive(Clone, Copy)]
pub(super) struct History {
    session: AdminSession,
    current: CurrentSection,
    filter: HistoryFilter,
    messages: ErasedSignal<MessageHistory>,
    loaded: RwSignal<bool>,
    /// The message whose details are shown.
    open: ErasedSignal<Option<Arc<MessageDetail>>>,
    /// The result of the last action.
    note: RwSignal<Option<String>>,
    /// Why the history could not be loaded.
    wrong: RwSignal<Option<String>>,
    due: StoredValue<Due, LocalStorage>,
    /// Requests without an answer. Updates that come meanwhile wait: the answers may be older than they are.
    unanswered: StoredValue<u32, LocalStorage>,
}

/// What to load when the timer fires.
#[derive(Default)]
struct Due {
    timer: Option<Timer>,
    /// Whether messages may have been pushed.
    pushed: bool,
    /// Whether everything has to be loaded again.
    anew: bool,
    /// Whether to refresh messages to topics and to everyone. The server sends no updates of their receipts.
    in_progress: bool,
    /// The clients whose receipts have changed.
    moved: Vec<String>,
}

impl History {
    pub(super) fn new(session: AdminSession, current: CurrentSection) -> Self {
        let history = Self {
            session,
            current,
            filter: HistoryFilter::new(),
            messages: ErasedSignal::default(),
            loaded: RwSignal::new(false),
            open: ErasedSignal::new(None),
            note: RwSignal::new(None),
            wrong: RwSignal::new(None),
            due: StoredValue::new_local(Due::default()),
            unanswered: StoredValue::new_local(0),
        };
        let wanted = ErasedMemo::new(move || history.filter.query());
        on_change(
            move || wanted.track(),
            move || history.ask(|due| due.anew = true),
        );
        // A section that is not shown loads nothing, so it catches up when it is shown.
        effect(move || {
            if current.is(Section::Messages) {
                history.ask(|_| {});
            }
        });
        history.keep_address();
        history
    }

    fn keep_address(self) {
        let HistoryFilter {
            audience,
            name,
            event,
            text,
        } = self.filter;
        let fields = [
            ("for", audience),
            ("name", name),
            ("type", event),
            ("q", text),
        ];
        let read = move |values: &Values| {
            for (key, field) in fields {
                field.set(values.text(key));
            }
        };
        let write = move || {
            let mut pairs = fields.map(|(key, field)| (key, field.get())).to_vec();
            // A client or topic that does not filter is left out of the URL.
            if self.filter.query().audience.is_none() {
                pairs.retain(|(key, _)| !matches!(*key, "for" | "name"));
            }
            pairs
        };
        url_query::sync(self.current, Section::Messages, read, write);
    }

    pub(super) fn handle(self, update: &Update) {
        match update {
            Update::Reload => self.ask(|due| due.anew = true),
            Update::Pushed => self.ask(|due| due.pushed = true),
            Update::Receipts(clients) => self.ask(|due| due.moved.extend_from_slice(clients)),
            Update::Sample(_) => self.ask(|due| due.in_progress = true),
            Update::Clients(_) => {}
        }
    }

    fn ask(self, note: impl FnOnce(&mut Due)) {
        self.due.try_update_value(|due| {
            note(due);
            let ring = move || spawn_local(async move { self.refresh().await });
            due.timer
                .get_or_insert_with(|| Timer::after(BATCH_DELAY, ring));
        });
    }

    async fn refresh(self) {
        if self.current.is_disposed() || !untrack(|| self.current.is(Section::Messages)) {
            self.due.try_update_value(|due| due.timer = None);
            return;
        }
        if self
            .unanswered
            .try_get_value()
            .is_some_and(|count| count > 0)
        {
            self.due.try_update_value(|due| due.timer = None);
            self.ask(|_| {});
            return;
        }
        let Some(due) = self.due.try_update_value(std::mem::take) else {
            return;
        };
        if due.anew || due.pushed {
            let page = self.read(None, PAGE, move |messages, page, next| {
                if due.anew {
                    *messages = MessageHistory::default();
                }
                messages.renew(page, next);
            });
            page.await;
        }
        let now = browser::now();
        let affected_by = self.messages.try_read_untracked().map(|messages| {
            let in_progress = due.in_progress.then(|| messages.in_progress(now)).flatten();
            [messages.affected_by(&due.moved), in_progress]
        });
        for (before, count) in affected_by.into_iter().flatten().flatten() {
            self.read(before, count as u32, |messages, page, _| {
                messages.merge(page)
            })
            .await;
        }
        let open = self
            .open
            .try_read_untracked()
            .and_then(|open| Option::clone(&open));
        if let Some(open) = open.filter(|open| is_for_any_of(&open.message, &due.moved)) {
            self.look_at(open.message.id.clone()).await;
        }
    }

    /// Loads a page, and applies it if the filter has not changed.
    async fn read(
        self,
        before: Option<String>,
        limit: u32,
        merge: impl FnOnce(&mut MessageHistory, Vec<MessageInfo>, Option<String>) + 'static,
    ) {
        let Some(wanted) = self.filter.try_query() else {
            return;
        };
        let query = MessagesQuery {
            before,
            limit: Some(limit),
            ..wanted.clone()
        };
        let answer = self.count(Client::new("").messages(&query)).await;
        match answer {
            Ok(page) if self.filter.try_query().as_ref() == Some(&wanted) => {
                self.messages
                    .update(|messages| merge(messages, page.messages, page.next));
                self.loaded.try_set(true);
                self.wrong.try_set(None);
            }
            Ok(_) => {}
            Err(error) => {
                self.session.check_unauthorized(&error);
                let why = i18n::error(&error);
                let said = interpolate(texts().messages.failed, &[("why", &why)]);
                self.wrong.try_set(Some(said));
            }
        }
    }

    /// Counts a request until its answer.
    async fn count<T>(self, request: impl Future<Output = T>) -> T {
        self.unanswered.try_update_value(|count| *count += 1);
        let answer = request.await;
        self.unanswered.try_update_value(|count| *count -= 1);
        answer
    }

    /// Loads older messages.
    fn read_on(self) {
        let before = self.messages.read_untracked().next();
        spawn_local(async move {
            self.read(before, PAGE, MessageHistory::append).await;
        });
    }

    /// Shows or hides the details of a message.
    fn toggle(self, id: String) {
        let shown = self.open.read_untracked();
        match shown
            .as_ref()
            .as_ref()
            .is_some_and(|detail| detail.message.id == id)
        {
            true => self.open.set(None),
            false => spawn_local(async move { self.look_at(id).await }),
        }
    }

    async fn look_at(self, id: String) {
        if let Some(detail) = self.message(&id).await {
            self.open.set(Some(Arc::new(detail)));
        }
    }

    /// The details of a message.
    async fn message(self, id: &str) -> Option<MessageDetail> {
        match self.count(Client::new("").message(id)).await {
            Ok(detail) => Some(detail),
            Err(error) => {
                self.tell(&error);
                None
            }
        }
    }

    fn recall(self, id: String) {
        spawn_local(async move {
            match Client::new("").recall(&id).await {
                Ok(_) => {
                    self.open.set(None);
                    self.note
                        .try_set(Some(texts().messages.recall_done.to_owned()));
                    self.ask(|due| due.anew = true);
                }
                Err(error) => self.tell(&error),
            }
        });
    }

    fn tell(self, error: &ApiError) {
        self.session.check_unauthorized(error);
        self.note.try_set(Some(i18n::error(error)));
    }
}

/// The view of the section.
pub(super) fn view(history: History) -> AnyView {
    let filter = history.filter;
    let actions = MessageActions {
        toggle: Callback::new(move |id| history.toggle(id)),
        recall: Callback::new(move |id| history.recall(id)),
    };
    let nothing = move || {
        history.loaded.get()
            && history
                .messages
                .with(|messages| messages.messages().is_empty())
    };
    let older = move || {
        view! {
            <button type="button" class="quiet" on:click=on_click(move || history.read_on())>
                {tr(|t| t.messages.older)}
            </button>
        }
        .erase_client_only()
    };
    let has_older = move || history.messages.with(|messages| messages.next().is_some());
    let reload = move || history.ask(|due| due.anew = true);
    let reading = optional_text(move || {
        let reads = !history.loaded.get() && history.wrong.with(Option::is_none);
        reads.then(|| texts().messages.loading.to_owned())
    });
    view! {
        <section class="card" aria-labelledby="history">
            <h2 id="history">{tr(|t| t.messages.title)}</h2>
            <HistoryFilterFields filter />
            {retry_notice(move || history.wrong.get(), reload)}
            <p class="note" role="status">
                {optional_text(move || history.note.get())}
            </p>
            <p class="nothing">{reading}</p>
            <HistoryList messages=history.messages open=history.open actions />
            {when(nothing, move || nothing_here(filter))}
            {when(has_older, older)}
        </section>
    }
    .erase()
}

/// The view if there are no messages to list.
fn nothing_here(filter: HistoryFilter) -> AnyView {
    let filtered = move || filter.query() != MessagesQuery::default();
    let clear = move || {
        view! {
            <p>{tr(|t| t.messages.no_match)}</p>
            <button type="button" class="quiet small" on:click=on_click(move || filter.clear())>
                {tr(|t| t.messages.clear)}
            </button>
        }
        .erase_client_only()
    };
    let first = || {
        view! {
            <p class="title">{tr(|t| t.messages.none)}</p>
            <p>{tr(|t| t.messages.none_about)}</p>
            <a class="button small" href="admin/push">
                {tr(|t| t.messages.first_push)}
            </a>
        }
        .erase_client_only()
    };
    view! { <div class="empty">{either(filtered, clear, first)}</div> }.erase_client_only()
}
