//! What was pushed and what became of it, live.

use leptos::{prelude::*, task::spawn_local};
use std::sync::Arc;

use super::{Entry, desk::Desk, feed::News, person::Person};
use crate::{
    api::{ApiError, Client, MessagesQuery},
    browser::{self, Timer},
    chronicle::{Chronicle, concerns},
    components::{
        HistoryFilter, HistoryFilterFields, HistoryList, IntoPart, MessageActions, note, press,
        when,
    },
    wire::{MessageDetail, MessageInfo},
};

/// So many messages come in one answer.
const PAGE: u32 = 50;
/// News that come within so many milliseconds are asked about together.
const GATHER: f64 = 250.0;

/// The history of the panel. Copies are the same.
#[derive(Clone, Copy)]
pub(super) struct History {
    entry: Entry,
    pub(super) filter: HistoryFilter,
    pub(super) chronicle: RwSignal<Chronicle>,
    pub(super) loaded: RwSignal<bool>,
    /// The message that is shown with all that is known of it.
    pub(super) open: RwSignal<Option<Arc<MessageDetail>>>,
    /// What came of the last thing that was done to a message.
    pub(super) note: RwSignal<Option<String>>,
    due: StoredValue<Due, LocalStorage>,
}

/// What to ask for when the timer rings.
#[derive(Default)]
struct Due {
    timer: Option<Timer>,
    /// Whether something may have been pushed.
    pushed: bool,
    /// Whether all that is known is void.
    anew: bool,
    /// The clients whose receipts have moved.
    moved: Vec<String>,
}

impl History {
    pub(super) fn new(entry: Entry) -> Self {
        let history = Self {
            entry,
            filter: HistoryFilter::new(),
            chronicle: RwSignal::default(),
            loaded: RwSignal::new(false),
            open: RwSignal::new(None),
            note: RwSignal::new(None),
            due: StoredValue::new_local(Due::default()),
        };
        let wanted = Memo::new(move |_| history.filter.query());
        Effect::watch(
            move || wanted.get(),
            move |_, _, _| history.ask(|due| due.anew = true),
            false,
        );
        history
    }

    pub(super) fn told(self, news: &News) {
        match news {
            News::Open => self.ask(|due| due.anew = true),
            News::Pushed => self.ask(|due| due.pushed = true),
            News::Moved(clients) => self.ask(|due| due.moved.extend_from_slice(clients)),
            News::Clients(_) => {}
        }
    }

    fn ask(self, note: impl FnOnce(&mut Due)) {
        self.due.try_update_value(|due| {
            note(due);
            let ring = move || spawn_local(async move { self.refresh().await });
            due.timer.get_or_insert_with(|| Timer::after(GATHER, ring));
        });
    }

    async fn refresh(self) {
        let Some(due) = self.due.try_update_value(std::mem::take) else {
            return;
        };
        if due.anew || due.pushed {
            let page = self.read(None, PAGE, move |chronicle, page, next| {
                if due.anew {
                    *chronicle = Chronicle::default();
                }
                chronicle.renew(page, next);
            });
            page.await;
        }
        let concerned = self
            .chronicle
            .try_with_untracked(|c| c.concerned(&due.moved));
        if let Some(Some((before, count))) = concerned {
            self.read(before, count as u32, |chronicle, page, _| {
                chronicle.take_in(page)
            })
            .await;
        }
        let open = self.open.try_get_untracked().flatten();
        if let Some(open) = open.filter(|open| concerns(&open.message, &due.moved)) {
            self.look_at(open.message.id.clone()).await;
        }
    }

    /// Reads a page, and takes it in if it is still what is asked for.
    async fn read(
        self,
        before: Option<String>,
        limit: u32,
        take_in: impl FnOnce(&mut Chronicle, Vec<MessageInfo>, Option<String>) + 'static,
    ) {
        let Some(wanted) = self.filter.try_query() else {
            return;
        };
        let query = MessagesQuery {
            before,
            limit: Some(limit),
            ..wanted.clone()
        };
        match Client::new("").messages(&query).await {
            Ok(page) if self.filter.try_query().as_ref() == Some(&wanted) => {
                self.chronicle
                    .try_update(|chronicle| take_in(chronicle, page.messages, page.next));
                self.loaded.try_set(true);
                self.note.try_set(None);
            }
            Ok(_) => {}
            Err(error) => self.tell(&error),
        }
    }

    /// Reads older messages.
    pub(super) fn read_on(self) {
        let before = self.chronicle.with_untracked(Chronicle::next);
        spawn_local(async move {
            self.read(before, PAGE, Chronicle::append).await;
        });
    }

    /// Shows all that is known of a message, or no more if it is shown.
    pub(super) fn toggle(self, id: String) {
        let shown = self.open.get_untracked();
        match shown.is_some_and(|detail| detail.message.id == id) {
            true => self.open.set(None),
            false => spawn_local(async move { self.look_at(id).await }),
        }
    }

    async fn look_at(self, id: String) {
        if let Some(detail) = self.message(&id).await {
            self.open.try_set(Some(Arc::new(detail)));
        }
    }

    /// All that is known of a message.
    pub(super) async fn message(self, id: &str) -> Option<MessageDetail> {
        match Client::new("").message(id).await {
            Ok(detail) => Some(detail),
            Err(error) => {
                self.tell(&error);
                None
            }
        }
    }

    pub(super) fn recall(self, id: String) {
        spawn_local(async move {
            match Client::new("").recall(&id).await {
                Ok(_) => {
                    self.open.try_set(None);
                    self.ask(|due| due.anew = true);
                }
                Err(error) => self.tell(&error),
            }
        });
    }

    fn tell(self, error: &ApiError) {
        self.entry.notice(error);
        self.note.try_set(Some(error.to_string()));
    }
}

/// The section of the panel.
pub(super) fn view(history: History, desk: Desk, person: Person) -> AnyView {
    let actions = MessageActions {
        toggle: Callback::new(move |id| history.toggle(id)),
        recall: Callback::new(move |id| history.recall(id)),
        client: Callback::new(move |id| person.look_at(id)),
        resend: Callback::new(move |id: String| {
            spawn_local(async move {
                if let Some(detail) = history.message(&id).await {
                    desk.draft.fill(&detail.message);
                    browser::focus("data");
                }
            });
        }),
    };
    let nothing = note(move || {
        let nothing = history.loaded.get()
            && history
                .chronicle
                .with(|chronicle| chronicle.messages().is_empty());
        nothing.then(|| "Nothing that was pushed is like this.".to_owned())
    });
    let older = move || {
        view! {
            <button type="button" class="quiet" on:click=press(move || history.read_on())>
                "Older messages"
            </button>
        }
        .fresh()
    };
    let has_older = move || {
        history
            .chronicle
            .with(|chronicle| chronicle.next().is_some())
    };
    view! {
        <section class="card" aria-labelledby="history">
            <h2 id="history">"History"</h2>
            <HistoryFilterFields filter=history.filter />
            <p class="note" role="status">
                {note(move || history.note.get())}
            </p>
            <HistoryList chronicle=history.chronicle open=history.open actions />
            <p class="nothing">{nothing}</p>
            {when(has_older, older)}
        </section>
    }
    .part()
}
