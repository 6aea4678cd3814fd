//! *Clients*: who is connected, and who was here. Of the list only what is looked at is read.

use leptos::{prelude::*, task::spawn_local};

use super::{
    Entry, Here, Place,
    address::{self, Values},
    feed::News,
    person::Person,
};
use crate::{
    api::{Client, ClientsQuery},
    browser::{self, Timer},
    components::{
        ClientCard, ClientRows, IntoPart, effect, either, flag, note, on_change, press, segment,
        text, when,
    },
    crowd::{Crowd, WINDOW},
    held::{Derived, Held},
    words::{self, count, fill, say, words},
};

/// Milliseconds from one reading of what has changed to the next.
const APART: f64 = 1_000.0;
/// Milliseconds to wait for the next letter of a search, or the next turn of a wheel.
const PAUSE: f64 = 80.0;
/// The orders that the list can have.
const ORDERS: [&str; 6] = [
    "-since",
    "since",
    "client_id",
    "-client_id",
    "-connections",
    "connections",
];

/// The list and who is looked at. Copies are the same.
#[derive(Clone, Copy)]
pub(super) struct Clients {
    entry: Entry,
    here: Here,
    crowd: Held<Crowd>,
    search: RwSignal<String>,
    sort: Held<&'static str>,
    all: RwSignal<bool>,
    span: Held<(u64, u64)>,
    wrong: RwSignal<Option<String>>,
    pub(super) person: Person,
    reading: StoredValue<Reading, LocalStorage>,
}

/// What is being asked for, and when that will be done again.
#[derive(Default)]
struct Reading {
    busy: bool,
    due: Option<Timer>,
    stale: Option<Timer>,
    last: f64,
}

impl Clients {
    pub(super) fn new(entry: Entry, here: Here) -> Self {
        let clients = Self {
            entry,
            here,
            crowd: Held::default(),
            search: RwSignal::default(),
            sort: Held::new(ORDERS[0]),
            all: RwSignal::new(false),
            span: Held::new((0, 24)),
            wrong: RwSignal::new(None),
            person: Person::new(entry),
            reading: StoredValue::new_local(Reading::default()),
        };
        let query = Derived::new(move || clients.query());
        on_change(
            move || query.track(),
            move || {
                clients.crowd.update(Crowd::ask_for_another);
                clients.read_soon();
            },
        );
        effect(move || {
            clients.span.track();
            if here.is(Place::Clients) {
                clients.read_soon();
            }
        });
        clients.keep_address();
        clients
    }

    fn keep_address(self) {
        let read = move |values: &Values| {
            self.search.set(values.text("q"));
            self.all.set(values.text("state") == "all");
            let sort = values.text("sort");
            let known = ORDERS.into_iter().find(|order| *order == sort);
            self.sort.set(known.unwrap_or(ORDERS[0]));
            self.person.id.set(values.text("client"));
        };
        let write = move || {
            let sort = self.sort.get();
            vec![
                ("q", self.search.get()),
                ("state", if self.all.get() { "all" } else { "" }.to_owned()),
                ("sort", if sort == ORDERS[0] { "" } else { sort }.to_owned()),
                ("client", self.person.id.get()),
            ]
        };
        address::keep(self.here, Place::Clients, read, write);
    }

    /// What to ask for, but for the window.
    fn query(self) -> ClientsQuery {
        let search = self.search.get().trim().to_owned();
        let all = self.all.get();
        ClientsQuery {
            all,
            limit: Some(WINDOW as u32),
            q: (!search.is_empty()).then_some(search),
            // Of those who are away, nobody keeps an order but that of their names.
            sort: Some(if all { "client_id" } else { self.sort.get() }),
            ..ClientsQuery::default()
        }
    }

    pub(super) fn told(self, news: &News) {
        match news {
            News::Open => {
                self.crowd.update(Crowd::grow_stale);
                self.read_soon();
            }
            News::Clients(clients) => {
                self.crowd.amend(|crowd| crowd.tell(clients));
                self.read_again();
            }
            _ => {}
        }
        self.person.told(news);
    }

    /// Reads what is missing, once nothing changes for a moment.
    fn read_soon(self) {
        self.reading.try_update_value(|reading| {
            let read = move || spawn_local(async move { self.read().await });
            reading.due = Some(Timer::after(PAUSE, read));
        });
    }

    /// Reads what is shown again, not too often.
    fn read_again(self) {
        self.reading.try_update_value(|reading| {
            let wait = reading.last + APART - browser::now();
            reading.stale.get_or_insert_with(|| {
                Timer::after(wait, move || {
                    self.reading.try_update_value(|reading| {
                        reading.stale = None;
                        reading.last = browser::now();
                    });
                    self.crowd.amend(|crowd| {
                        crowd.grow_stale();
                        false
                    });
                    spawn_local(async move { self.read().await });
                })
            });
        });
    }

    /// Reads window after window until all that is looked at is there.
    async fn read(self) {
        let begin = self
            .reading
            .try_update_value(|reading| !std::mem::replace(&mut reading.busy, true));
        if begin != Some(true) {
            return;
        }
        while let Some(n) = self.wanted() {
            if let Err(()) = self.read_window(n).await {
                break;
            }
        }
        self.reading
            .try_update_value(|reading| reading.busy = false);
    }

    fn wanted(self) -> Option<u64> {
        let shown = untrack(|| !self.here.is_gone() && self.here.is(Place::Clients));
        let (start, end) = *self.span.try_peek().filter(|_| shown)?;
        self.crowd.try_peek()?.wanted(&(start..end))
    }

    async fn read_window(self, n: u64) -> Result<(), ()> {
        let wanted = untrack(|| self.query());
        let query = ClientsQuery {
            offset: Some(n * WINDOW),
            ..wanted.clone()
        };
        let answer = Client::new("").clients(&query).await;
        if self.here.is_gone() {
            return Err(());
        }
        match answer {
            Ok(page) if untrack(|| self.query()) == wanted => {
                let length = page.matching.unwrap_or(page.clients.len() as u64);
                self.wrong.set(None);
                self.crowd
                    .update(|crowd| crowd.take_in(n, page.clients, length));
                Ok(())
            }
            // The next turn asks for what is wanted now.
            Ok(_) => Ok(()),
            Err(error) => {
                self.entry.notice(&error);
                let why = words::error(&error);
                self.wrong
                    .set(Some(fill(words().clients.failed, &[("why", &why)])));
                Err(())
            }
        }
    }
}

/// The place of the panel.
pub(super) fn view(clients: Clients) -> AnyView {
    let person = clients.person;
    let looks = move || person.id.with(|id| !id.is_empty());
    let card = move || {
        view! {
            <ClientCard
                id=person.id.into()
                client=person.client
                wrong=person.wrong.into()
                note=person.note.into()
                on_disconnect=Callback::new(move |id| person.disconnect(id))
                on_close=Callback::new(move |()| person.id.set(String::new()))
            />
        }
        .fresh()
    };
    let length = move || clients.crowd.with(Crowd::length);
    let rows = move || {
        view! {
            <ClientRows
                crowd=clients.crowd
                span=clients.span
                sort=clients.sort
                fixed=clients.all.into()
                selected=person.id
            />
        }
        .part()
    };
    view! {
        <div class="columns clients">
            <section class="card wide" aria-labelledby="clients-title">
                {tools(clients)} {wrong(clients)}
                {either(move || length() == Some(0), move || nobody(clients), rows)}
            </section>
            {when(looks, card)}
        </div>
    }
    .part()
}

fn tools(clients: Clients) -> AnyView {
    let matching = text(move || match clients.crowd.with(Crowd::length) {
        Some(n) => count(words().clients.matching, n, &[]),
        None => words().clients.title.to_owned(),
    });
    let choice = move |all: bool| {
        let label = match all {
            true => say(|w| w.clients.all),
            false => say(|w| w.clients.online),
        };
        let chosen = flag(move || clients.all.get() == all);
        segment("state", label, chosen, press(move || clients.all.set(all)))
    };
    view! {
        <div class="section-head">
            <h2 id="clients-title" aria-live="polite">
                {matching}
            </h2>
            <fieldset class="segments small">
                <legend class="unseen">{say(|w| w.clients.state)}</legend>
                {choice(false)}
                {choice(true)}
            </fieldset>
            <label class="unseen" for="search">
                {say(|w| w.clients.search)}
            </label>
            <input
                id="search"
                type="search"
                placeholder=say(|w| w.clients.search_hint)
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                bind:value=clients.search
            />
        </div>
    }
    .part()
}

fn wrong(clients: Clients) -> AnyView {
    let again = move || {
        view! {
            <div class="notice bad row" role="alert">
                <p>{note(move || clients.wrong.get())}</p>
                <button
                    type="button"
                    class="quiet small"
                    on:click=press(move || clients.read_soon())
                >
                    {say(|w| w.panel.try_again)}
                </button>
            </div>
        }
        .fresh()
    };
    when(move || clients.wrong.with(Option::is_some), again)
}

/// What stands there while there is nobody to list.
fn nobody(clients: Clients) -> AnyView {
    let searches = move || clients.search.with(|text| !text.trim().is_empty());
    let title = text(move || {
        let words = &words().clients;
        let title = match (searches(), clients.all.get()) {
            (true, _) => words.no_match,
            (false, false) => words.nobody,
            (false, true) => words.nobody_known,
        };
        title.to_owned()
    });
    let about = text(move || match searches() {
        true => words().clients.no_match_about.to_owned(),
        false => words().clients.nobody_about.to_owned(),
    });
    let links = || {
        view! {
            <div class="row">
                <a class="button small" href="/" target="_blank" rel="external">
                    {say(|w| w.clients.listen)}
                </a>
                <a class="button small" href="/try">
                    {say(|w| w.clients.try_it)}
                </a>
            </div>
        }
        .fresh()
    };
    let also_away = move || {
        view! {
            <button type="button" class="quiet small" on:click=press(move || clients.all.set(true))>
                {say(|w| w.clients.also_away)}
            </button>
        }
        .fresh()
    };
    view! {
        <div class="empty">
            <p class="title">{title}</p>
            <p>{about}</p>
            {when(move || searches() && !clients.all.get(), also_away)}
            {when(move || !searches(), links)}
        </div>
    }
    .fresh()
}
