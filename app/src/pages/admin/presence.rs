//! Who is connected, live: the list is read once the stream of changes is open, then the changes
//! keep it true. Nothing polls.

use std::sync::Arc;

use leptos::{prelude::*, task::spawn_local};

use super::{Entry, feed::News};
use crate::{
    api::{ApiError, Client, ClientsQuery},
    browser::{self, Timer},
    roster::Roster,
    wire::ClientInfo,
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
    pub(super) roster: RwSignal<Roster>,
    /// Those whom the search found, and who are not here.
    away: RwSignal<Vec<Arc<ClientInfo>>>,
    /// Those who left a moment ago: the server lists them with some delay.
    left: RwSignal<Vec<Arc<ClientInfo>>>,
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
    typing: StoredValue<Option<Timer>, LocalStorage>,
}

impl Presence {
    pub(super) fn new(entry: Entry) -> Self {
        let roster = RwSignal::new(Roster::default());
        let search = RwSignal::new(String::new());
        let rows = RwSignal::new(ROWS);
        let away = RwSignal::new(Vec::<Arc<ClientInfo>>::new());
        let left = RwSignal::new(Vec::<Arc<ClientInfo>>::new());
        let found = Memo::new(move |_| {
            let mut found = roster.with(|r| r.matching(&search.read()));
            let text = search.with(|text| text.trim().to_lowercase());
            if !text.is_empty() {
                for client in left.get().into_iter().chain(away.get()) {
                    let id = &client.client_id;
                    let is_new = found.iter().all(|known| known.client_id != *id);
                    if is_new && id.to_lowercase().contains(&text) {
                        found.push(client);
                    }
                }
            }
            found
        });
        let presence = Self {
            entry,
            roster,
            away,
            left,
            loaded: RwSignal::new(false),
            beyond: RwSignal::new(0),
            next: StoredValue::new((0, None)),
            search,
            rows,
            shown: Memo::new(move |_| found.with(|f| f.iter().take(rows.get()).cloned().collect())),
            hidden: Memo::new(move |_| found.with(Vec::len).saturating_sub(rows.get())),
            note: RwSignal::new(None),
            typing: StoredValue::new_local(None),
        };
        presence.search_further();
        presence
    }

    pub(super) fn told(self, news: &News) {
        match news {
            News::Open => self.read(),
            News::Clients(clients) => {
                self.next.update_value(|(_, next)| {
                    if let Some(next) = next {
                        next.take_in(clients.clone());
                    }
                });
                self.roster.update(|roster| roster.take_in(clients.clone()));
                let gone = clients
                    .iter()
                    .filter(|client| client.connections.is_empty());
                self.left.update(|left| {
                    for client in gone {
                        left.retain(|known| known.client_id != client.client_id);
                        let mut client = client.clone();
                        client.last_seen = Some(browser::now() as u64);
                        left.insert(0, Arc::new(client));
                    }
                    left.truncate(ROWS);
                });
            }
            News::Pushed | News::Moved(_) => {}
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

    /// A search asks the server too: it knows who is away, and the rest of a crowd too large to be read.
    fn search_further(self) {
        Effect::new(move || {
            self.search.track();
            self.rows.set(ROWS);
            self.away.set(Vec::new());
            self.search_soon();
        });
    }

    fn search_soon(self) {
        let ask = move || spawn_local(async move { self.ask_for().await });
        self.typing.set_value(Some(Timer::after(TYPING, ask)));
    }

    async fn ask_for(self) {
        let text = self.search.try_get_untracked().unwrap_or_default();
        if text.trim().is_empty() {
            return;
        }
        let beyond = self.beyond.try_get_untracked().unwrap_or_default() > 0;
        // Topics are known of those who are connected, so a crowd is asked for by itself.
        for all in [true, false].into_iter().filter(|all| *all || beyond) {
            let query = ClientsQuery {
                all,
                limit: Some(PAGE),
                after: None,
                q: Some(text.trim().to_owned()),
                ..ClientsQuery::default()
            };
            match Client::new("").clients(&query).await {
                Ok(page) if self.search.try_get_untracked().as_ref() == Some(&text) => {
                    self.take_in(page.clients, all);
                }
                Ok(_) => return,
                Err(error) => self.entry.notice(&error),
            }
        }
    }

    fn take_in(self, clients: Vec<ClientInfo>, all: bool) {
        let (here, gone): (Vec<_>, Vec<_>) = clients
            .into_iter()
            .partition(|client| !client.connections.is_empty());
        self.roster.try_update(|roster| roster.take_in(here));
        if all {
            let gone = gone.into_iter().map(Arc::new).collect();
            self.away.try_set(gone);
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
