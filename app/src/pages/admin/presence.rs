//! Who is connected, live: the list is read once the stream of changes is open, then the changes
//! keep it true. Nothing polls.

use std::sync::Arc;

use leptos::{prelude::*, task::spawn_local};

use super::Entry;
use crate::{
    api::{ApiError, Client, ClientsQuery},
    browser::Timer,
    event_stream::{Arrival, EventStream, Subscription, Told},
    roster::Roster,
    wire::{ClientInfo, EVENT_CLIENTS, EVENT_RESYNC, SYS_CLIENTS},
};

/// So many clients come in one answer.
const PAGE: u32 = 500;
/// So many pages are read; of larger crowds the search finds the rest.
const PAGES: u32 = 20;
/// So many rows are shown at once.
const ROWS: usize = 100;
/// Milliseconds to wait for the next letter of a search.
const TYPING: f64 = 250.0;

/// The list of the panel. Copies are the same list.
#[derive(Clone, Copy)]
pub(super) struct Presence {
    entry: Entry,
    /// Tells of changes.
    pub(super) stream: EventStream,
    pub(super) roster: RwSignal<Roster>,
    /// Whether the list has been read.
    pub(super) loaded: RwSignal<bool>,
    /// How many clients there are beyond those that were read.
    beyond: RwSignal<u64>,
    /// The list that is being read, and which reading that is: a later one makes it void.
    next: StoredValue<(u64, Option<Roster>)>,
    pub(super) search: RwSignal<String>,
    rows: RwSignal<usize>,
    /// Those whom the search finds, as many as there are rows for.
    pub(super) shown: Memo<Vec<Arc<ClientInfo>>>,
    /// How many more it finds.
    pub(super) hidden: Memo<usize>,
    /// What came of the last thing that was done to a client.
    pub(super) note: RwSignal<Option<String>>,
}

impl Presence {
    pub(super) fn new(entry: Entry) -> Self {
        let roster = RwSignal::new(Roster::default());
        let search = RwSignal::new(String::new());
        let rows = RwSignal::new(ROWS);
        let found = Memo::new(move |_| roster.with(|r| r.matching(&search.read())));
        let told = StoredValue::new_local(None::<Self>);
        let stream = EventStream::new(move |event| {
            if let Some(presence) = told.try_get_value().flatten() {
                presence.told(event);
            }
        });
        let presence = Self {
            entry,
            stream,
            roster,
            loaded: RwSignal::new(false),
            beyond: RwSignal::new(0),
            next: StoredValue::new((0, None)),
            search,
            rows,
            shown: Memo::new(move |_| found.with(|f| f.iter().take(rows.get()).cloned().collect())),
            hidden: Memo::new(move |_| found.with(Vec::len).saturating_sub(rows.get())),
            note: RwSignal::new(None),
        };
        told.set_value(Some(presence));
        presence.listen_once_signed_in();
        presence.search_further();
        presence
    }

    fn listen_once_signed_in(self) {
        let admin = Memo::new(move |_| self.entry.session.get().is_some_and(|s| s.admin));
        Effect::new(move || {
            if admin.get() {
                let client_id = format!("panel-{}", uuid::Uuid::new_v4());
                self.stream
                    .hear(vec![EVENT_CLIENTS.to_owned(), EVENT_RESYNC.to_owned()]);
                let topics = vec![SYS_CLIENTS.to_owned()];
                self.stream.listen(Subscription { client_id, topics }, None);
            }
        });
    }

    fn told(self, event: Told) {
        match event {
            Told::Welcome => self.read(),
            Told::Message(Arrival {
                event: Some(kind),
                data,
                ..
            }) if kind == EVENT_CLIENTS => {
                if let Ok(clients) = serde_json::from_str::<Vec<ClientInfo>>(&data) {
                    self.next.update_value(|(_, next)| {
                        if let Some(next) = next {
                            next.take_in(clients.clone());
                        }
                    });
                    self.roster.update(|roster| roster.take_in(clients));
                }
            }
            Told::Message(Arrival {
                event: Some(kind), ..
            }) if kind == EVENT_RESYNC => self.read(),
            // The session ended while the panel was open.
            Told::Refused(_) => spawn_local(async move { self.entry.ask().await }),
            Told::Message(_) | Told::Gap(_) | Told::Recall(_) | Told::Place(_) => {}
        }
    }

    /// Reads the list from the beginning, beside the one that is shown.
    fn read(self) {
        let reading = self.next.try_update_value(|(reading, next)| {
            *reading += 1;
            *next = Some(Roster::default());
            *reading
        });
        let Some(reading) = reading else { return };
        spawn_local(async move {
            if let Err(error) = self.read_pages(reading).await {
                self.entry.notice(&error);
                self.note
                    .try_set(Some(format!("The list could not be read: {error}")));
            }
        });
    }

    async fn read_pages(self, reading: u64) -> Result<(), ApiError> {
        let api = Client::new("");
        let mut query = ClientsQuery {
            limit: Some(PAGE),
            ..ClientsQuery::default()
        };
        let mut total = 0;
        for _ in 0..PAGES {
            let page = api.clients(&query).await?;
            total = page.total;
            let current = self.next.try_update_value(|(latest, next)| {
                if *latest == reading
                    && let Some(next) = next
                {
                    next.take_in(page.clients);
                }
                *latest == reading
            });
            if current != Some(true) {
                return Ok(());
            }
            query.after = page.next;
            if query.after.is_none() {
                break;
            }
        }
        let cut_short = query.after.is_some();
        let whole = self.next.try_update_value(|(_, next)| next.take());
        if let Some(Some(mut roster)) = whole {
            roster.settle();
            let beyond = match cut_short {
                true => total.saturating_sub(roster.clients()),
                false => 0,
            };
            self.beyond.try_set(beyond);
            self.roster.try_set(roster);
            self.loaded.try_set(true);
        }
        Ok(())
    }

    /// In a crowd too large to be read, the search asks the server as well.
    fn search_further(self) {
        let timer = StoredValue::new_local(None::<Timer>);
        Effect::new(move || {
            let text = self.search.get().trim().to_owned();
            self.rows.set(ROWS);
            if text.is_empty() || self.beyond.get_untracked() == 0 {
                return;
            }
            timer.set_value(Some(Timer::after(TYPING, move || {
                spawn_local(async move { self.ask_for(text).await });
            })));
        });
    }

    async fn ask_for(self, text: String) {
        let query = ClientsQuery {
            all: false,
            limit: Some(PAGE),
            after: None,
            q: Some(text),
        };
        match Client::new("").clients(&query).await {
            Ok(page) => {
                self.roster
                    .try_update(|roster| roster.take_in(page.clients));
            }
            Err(error) => self.entry.notice(&error),
        }
    }

    pub(super) fn show_more(self) {
        self.rows.update(|rows| *rows += ROWS);
    }

    pub(super) fn disconnect(self, id: String) {
        spawn_local(async move {
            let said = match Client::new("").disconnect(&id).await {
                Ok(done) if done.connections == 1 => format!("Closed 1 connection of {id}."),
                Ok(done) => format!("Closed {} connections of {id}.", done.connections),
                Err(error) => {
                    self.entry.notice(&error);
                    error.to_string()
                }
            };
            self.note.try_set(Some(said));
        });
    }

    /// Ids that the push form proposes while one is being typed.
    pub(super) fn ids_to_offer(self) -> Vec<String> {
        self.shown
            .with(|shown| shown.iter().map(|c| c.client_id.clone()).collect())
    }

    /// How many are here, in a sentence.
    pub(super) fn summary(self) -> String {
        if !self.loaded.get() {
            return "Who is connected, and what to tell them.".to_owned();
        }
        let (clients, connections) = self.roster.with(|r| (r.clients(), r.connections()));
        let clients = clients + self.beyond.get();
        let s = |n: u64| if n == 1 { "" } else { "s" };
        match self.beyond.get() {
            0 => format!(
                "{clients} client{} on {connections} connection{}.",
                s(clients),
                s(connections)
            ),
            _ => format!("{clients} clients. The first are listed, the search finds all."),
        }
    }
}
