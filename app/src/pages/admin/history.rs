//! What was pushed and what became of it, live.

use leptos::{prelude::*, task::spawn_local};
use std::sync::Arc;

use super::{
    Entry, Here, Place,
    address::{self, Values},
    feed::News,
};
use crate::{
    api::{ApiError, Client, MessagesQuery},
    browser::{self, Timer},
    chronicle::{Chronicle, concerns},
    components::{
        HistoryFilter, HistoryFilterFields, HistoryList, IntoPart, MessageActions, effect, either,
        note, on_change, press, when,
    },
    held::{Derived, Held},
    wire::{MessageDetail, MessageInfo},
    words::{self, fill, say, words},
};

/// So many messages come in one answer.
const PAGE: u32 = 50;
/// News that come within so many milliseconds are asked about together.
const GATHER: f64 = 250.0;

/// The history of the panel. Copies are the same.
#[derive(Clone, Copy)]
pub(super) struct History {
    entry: Entry,
    here: Here,
    filter: HistoryFilter,
    chronicle: Held<Chronicle>,
    loaded: RwSignal<bool>,
    /// The message that is shown with all that is known of it.
    open: Held<Option<Arc<MessageDetail>>>,
    /// What came of the last thing that was done to a message.
    note: RwSignal<Option<String>>,
    /// Why the history can't be read.
    wrong: RwSignal<Option<String>>,
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
    /// Whether messages to connections, of which nobody tells one by one, may have got further.
    under_way: bool,
    /// The clients whose receipts have moved.
    moved: Vec<String>,
}

impl History {
    pub(super) fn new(entry: Entry, here: Here) -> Self {
        let history = Self {
            entry,
            here,
            filter: HistoryFilter::new(),
            chronicle: Held::default(),
            loaded: RwSignal::new(false),
            open: Held::new(None),
            note: RwSignal::new(None),
            wrong: RwSignal::new(None),
            due: StoredValue::new_local(Due::default()),
        };
        let wanted = Derived::new(move || history.filter.query());
        on_change(
            move || wanted.track(),
            move || history.ask(|due| due.anew = true),
        );
        // Where nobody looks nothing is read, so there is more to do when somebody comes.
        effect(move || {
            if here.is(Place::Messages) {
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
            // A name that narrows nothing is nobody's business.
            if self.filter.query().audience.is_none() {
                pairs.retain(|(key, _)| !matches!(*key, "for" | "name"));
            }
            pairs
        };
        address::keep(self.here, Place::Messages, read, write);
    }

    pub(super) fn told(self, news: &News) {
        match news {
            News::Open => self.ask(|due| due.anew = true),
            News::Pushed => self.ask(|due| due.pushed = true),
            News::Moved(clients) => self.ask(|due| due.moved.extend_from_slice(clients)),
            News::Sample(_) => self.ask(|due| due.under_way = true),
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
        if self.here.is_gone() || !untrack(|| self.here.is(Place::Messages)) {
            self.due.try_update_value(|due| due.timer = None);
            return;
        }
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
        let now = browser::now();
        let concerned = self.chronicle.try_peek().map(|chronicle| {
            let under_way = due.under_way.then(|| chronicle.under_way(now)).flatten();
            [chronicle.concerned(&due.moved), under_way]
        });
        for (before, count) in concerned.into_iter().flatten().flatten() {
            self.read(before, count as u32, |chronicle, page, _| {
                chronicle.take_in(page)
            })
            .await;
        }
        let open = self.open.try_peek().and_then(|open| Option::clone(&open));
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
                    .update(|chronicle| take_in(chronicle, page.messages, page.next));
                self.loaded.try_set(true);
                self.wrong.try_set(None);
            }
            Ok(_) => {}
            Err(error) => {
                self.entry.notice(&error);
                let why = words::error(&error);
                let said = fill(words().messages.failed, &[("why", &why)]);
                self.wrong.try_set(Some(said));
            }
        }
    }

    /// Reads older messages.
    fn read_on(self) {
        let before = self.chronicle.peek().next();
        spawn_local(async move {
            self.read(before, PAGE, Chronicle::append).await;
        });
    }

    /// Shows all that is known of a message, or no more if it is shown.
    fn toggle(self, id: String) {
        let shown = self.open.peek();
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

    /// All that is known of a message.
    async fn message(self, id: &str) -> Option<MessageDetail> {
        match Client::new("").message(id).await {
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
                        .try_set(Some(words().messages.recalled.to_owned()));
                    self.ask(|due| due.anew = true);
                }
                Err(error) => self.tell(&error),
            }
        });
    }

    fn tell(self, error: &ApiError) {
        self.entry.notice(error);
        self.note.try_set(Some(words::error(error)));
    }
}

/// The place of the panel.
pub(super) fn view(history: History) -> AnyView {
    let filter = history.filter;
    let actions = MessageActions {
        toggle: Callback::new(move |id| history.toggle(id)),
        recall: Callback::new(move |id| history.recall(id)),
    };
    let nothing = move || {
        history.loaded.get()
            && history
                .chronicle
                .with(|chronicle| chronicle.messages().is_empty())
    };
    let older = move || {
        view! {
            <button type="button" class="quiet" on:click=press(move || history.read_on())>
                {say(|w| w.messages.older)}
            </button>
        }
        .fresh()
    };
    let has_older = move || {
        history
            .chronicle
            .with(|chronicle| chronicle.next().is_some())
    };
    let again = move || {
        view! {
            <div class="notice bad row" role="alert">
                <p>{note(move || history.wrong.get())}</p>
                <button
                    type="button"
                    class="quiet small"
                    on:click=press(move || history.ask(|due| due.anew = true))
                >
                    {say(|w| w.panel.try_again)}
                </button>
            </div>
        }
        .fresh()
    };
    let reading = note(move || {
        let reads = !history.loaded.get() && history.wrong.with(Option::is_none);
        reads.then(|| words().messages.loading.to_owned())
    });
    view! {
        <section class="card" aria-labelledby="history">
            <h2 id="history">{say(|w| w.messages.title)}</h2>
            <HistoryFilterFields filter />
            {when(move || history.wrong.with(Option::is_some), again)}
            <p class="note" role="status">
                {note(move || history.note.get())}
            </p>
            <p class="nothing">{reading}</p>
            <HistoryList chronicle=history.chronicle open=history.open actions />
            {when(nothing, move || nothing_here(filter))}
            {when(has_older, older)}
        </section>
    }
    .part()
}

/// What stands there while there is nothing to list.
fn nothing_here(filter: HistoryFilter) -> AnyView {
    let filtered = move || filter.query() != MessagesQuery::default();
    let clear = move || {
        view! {
            <p>{say(|w| w.messages.no_match)}</p>
            <button type="button" class="quiet small" on:click=press(move || filter.clear())>
                {say(|w| w.messages.clear)}
            </button>
        }
        .fresh()
    };
    let first = || {
        view! {
            <p class="title">{say(|w| w.messages.none)}</p>
            <p>{say(|w| w.messages.none_about)}</p>
            <a class="button small" href="/admin/push">
                {say(|w| w.messages.first_push)}
            </a>
        }
        .fresh()
    };
    view! { <div class="empty">{either(filtered, clear, first)}</div> }.fresh()
}
