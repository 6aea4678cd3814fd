//! The section *Messages*: pushed messages and their delivery state, live.

mod keys;
mod loading;
mod marked;
mod opened;
mod view;

use leptos::{prelude::*, task::spawn_local};

use super::{
    AdminSession, CurrentSection, Section,
    feed::Update,
    url_query::{self, Values},
};
use crate::{
    api::{ApiError, Client},
    browser,
    components::{HistoryFilter, as_curl, effect, on_change, row_id},
    erased_signal::{ErasedMemo, ErasedSignal},
    formatting,
    i18n::{self, texts},
    message_history::MessageHistory,
    wire::To,
};
use loading::Due;
use marked::MarkedMessages;
use opened::OpenedMessage;
pub(super) use view::view;

/// The history. Copies share the same signals.
#[derive(Clone, Copy)]
pub(super) struct History {
    session: AdminSession,
    current: CurrentSection,
    filter: HistoryFilter,
    messages: ErasedSignal<MessageHistory>,
    loaded: RwSignal<bool>,
    /// The message that the keys are at. Empty: none yet.
    row: RwSignal<String>,
    /// The message whose details are shown.
    opened: OpenedMessage,
    /// The messages that are selected.
    marked: MarkedMessages,
    /// The result of the last action.
    note: RwSignal<Option<String>>,
    /// Why the history could not be loaded.
    wrong: RwSignal<Option<String>>,
    due: StoredValue<Due, LocalStorage>,
    /// Requests without an answer. Updates that come meanwhile wait: the answers may be older than they are.
    unanswered: StoredValue<u32, LocalStorage>,
}

impl History {
    pub(super) fn new(session: AdminSession, current: CurrentSection) -> Self {
        let note = RwSignal::new(None);
        let history = Self {
            session,
            current,
            filter: HistoryFilter::new(),
            messages: ErasedSignal::default(),
            loaded: RwSignal::new(false),
            row: RwSignal::default(),
            opened: OpenedMessage::new(session),
            marked: MarkedMessages::new(session, note),
            note,
            wrong: RwSignal::new(None),
            due: StoredValue::new_local(Due::default()),
            unanswered: StoredValue::new_local(0),
        };
        let wanted = ErasedMemo::new(move || history.filter.query());
        on_change(
            move || wanted.track(),
            move || {
                history.opened.stay();
                history.ask(|due| due.anew = true);
            },
        );
        // A section that is not shown loads nothing, so it catches up when it is shown.
        effect(move || {
            if current.is(Section::Messages) {
                history.ask(|_| {});
            }
        });
        effect(move || {
            let id = history.opened.id.get();
            if current.is(Section::Messages) && !id.is_empty() {
                spawn_local(async move { history.look_at(id).await });
            }
        });
        history.keep_address();
        history.opened.follow_the_browser(current);
        history
    }

    fn keep_address(self) {
        let HistoryFilter {
            audience,
            name,
            event,
            text,
            since,
            until,
        } = self.filter;
        let fields = [
            ("for", audience),
            ("name", name),
            ("type", event),
            ("q", text),
            ("message", self.opened.id),
        ];
        // In the URL they are the same times everywhere.
        let times = [("since", since), ("until", until)];
        let read = move |values: &Values| {
            for (key, field) in fields {
                field.set(values.text(key));
            }
            for (key, field) in times {
                let at = values
                    .get(key)
                    .and_then(|text| formatting::parse_time(&text));
                field.set(at.map(formatting::local_time).unwrap_or_default());
            }
        };
        let write = move || {
            let time = |(key, field): (_, RwSignal<String>)| {
                (
                    key,
                    formatting::of_local_time(&field.get()).unwrap_or_default(),
                )
            };
            let mut pairs = fields.map(|(key, field)| (key, field.get())).to_vec();
            pairs.extend(times.map(time));
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
            Update::Pushed(_) => self.ask(|due| due.pushed = true),
            Update::Receipts(clients) => self.ask(|due| due.moved.extend_from_slice(clients)),
            Update::Sample(_) => self.ask(|due| due.in_progress = true),
            Update::Clients(_) | Update::Ephemeral(_) | Update::Lost => {}
        }
    }

    /// Shows the details of a message beside the list.
    fn open(self, id: String) {
        self.row.set(id.clone());
        self.opened.open(id);
    }

    /// Closes the details. The focus returns to the row.
    fn close(self) {
        let id = self.opened.id.get_untracked();
        self.row.set(id.clone());
        self.opened.close();
        // When the list is visible again, on a small screen.
        focus_soon(id);
    }

    /// Goes to the row that is this many below. Open details follow.
    fn go(self, by: isize) {
        let messages = self.messages.read_untracked();
        let now = self.row.get_untracked();
        // The first key goes to the first row.
        let by = if now.is_empty() { 0 } else { by };
        let Some(next) = messages.beside(&now, by) else {
            return;
        };
        self.row.set(next.id.clone());
        if !browser::focus(&row_id(&next.id)) {
            focus_soon(next.id.clone());
        }
        if self.opened.is_open() {
            self.opened.show(next.id.clone());
        }
    }

    /// Loads the details of a message, if it is still the one that is open.
    async fn look_at(self, id: String) {
        let answer = self.count(Client::new("").message(&id)).await;
        self.opened.take(&id, answer);
    }

    fn recall(self, id: String) {
        spawn_local(async move {
            match Client::new("").recall(&id).await {
                Ok(_) => {
                    let said = texts().messages.recall_done.to_owned();
                    self.note.try_set(Some(said));
                    self.ask(|due| due.anew = true);
                    if self.opened.id.try_get_untracked().as_ref() == Some(&id) {
                        self.look_at(id).await;
                    }
                }
                Err(error) => self.tell(&error),
            }
        });
    }

    /// Copies the push of a message as a command.
    async fn copy(self, id: String) {
        let known = self.messages.read_untracked().find(&id).cloned();
        let Some(message) = known else { return };
        let mut line = as_curl(&message);
        // A list names only some of many recipients.
        let all = |ids: &[String]| message.clients.is_none_or(|all| all == ids.len() as u64);
        if matches!(&message.to, To::Clients(ids) if !all(ids)) {
            match Client::new("").message(&id).await {
                Ok(detail) => line = as_curl(&detail.message),
                Err(error) => return self.tell(&error),
            }
        }
        let said = match browser::copy(line).await {
            true => texts().messages.copied,
            false => texts().messages.not_copied,
        };
        self.note.try_set(Some(said.to_owned()));
    }

    fn tell(self, error: &ApiError) {
        self.session.check_unauthorized(error);
        self.note.try_set(Some(i18n::error(error)));
    }
}

/// Gives the focus to the row of a message in the next task. It is in the page then, if it is that in the tab order.
fn focus_soon(id: String) {
    browser::Timer::after(0.0, move || {
        browser::focus(&row_id(&id));
    })
    .detach();
}
