//! The section *Clients*: connected and known clients. Only the visible rows are loaded.

use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};

use super::{
    AdminSession, CurrentSection, Section,
    client_filters::{self, ClientFilters},
    feed::Update,
    marked_clients::{self, MarkedClients},
    selected_client::SelectedClient,
    url_query::{self, Values},
};
use crate::{
    api::{Client, ClientsQuery},
    browser::{self, Timer},
    client_list::{ClientList, WINDOW},
    components::{
        ClientCard, ClientRows, EraseView, bool_signal, effect, either, lazy_view, missing_nodes,
        on_change, on_click, retry_notice, text, when,
    },
    erased_signal::{ErasedMemo, ErasedSignal},
    i18n::{self, interpolate, plural, texts, tr},
};

/// Minimum milliseconds between two refreshes of changed rows.
const REFRESH_INTERVAL: f64 = 1_000.0;
/// Milliseconds to wait for further typing or scrolling before loading.
const PAUSE: f64 = 80.0;
/// The sort keys.
const ORDERS: [&str; 6] = [
    "-since",
    "since",
    "client_id",
    "-client_id",
    "-connections",
    "connections",
];

/// The list and the selected client. Copies share the same signals.
#[derive(Clone, Copy)]
pub(super) struct Clients {
    session: AdminSession,
    current: CurrentSection,
    client_list: ErasedSignal<ClientList>,
    filters: ClientFilters,
    sort: ErasedSignal<&'static str>,
    visible_rows: ErasedSignal<(u64, u64)>,
    wrong: RwSignal<Option<String>>,
    /// Nodes of which the clients are missing in the list.
    missing: ErasedSignal<Vec<String>>,
    pub(super) selected: SelectedClient,
    marked: MarkedClients,
    reading: StoredValue<Reading, LocalStorage>,
}

/// Running and scheduled requests.
#[derive(Default)]
struct Reading {
    busy: bool,
    due: Option<Timer>,
    stale: Option<Timer>,
    last: f64,
}

impl Clients {
    pub(super) fn new(session: AdminSession, current: CurrentSection) -> Self {
        let clients = Self {
            session,
            current,
            client_list: ErasedSignal::default(),
            filters: ClientFilters::new(),
            sort: ErasedSignal::new(ORDERS[0]),
            visible_rows: ErasedSignal::new((0, 24)),
            wrong: RwSignal::new(None),
            missing: ErasedSignal::default(),
            selected: SelectedClient::new(session),
            marked: MarkedClients::new(session),
            reading: StoredValue::new_local(Reading::default()),
        };
        let query = ErasedMemo::new(move || clients.query());
        on_change(
            move || query.track(),
            move || {
                clients.client_list.update(ClientList::invalidate);
                clients.read_soon();
            },
        );
        effect(move || {
            clients.visible_rows.track();
            if current.is(Section::Clients) {
                clients.read_soon();
            }
        });
        clients.keep_address();
        clients
    }

    fn keep_address(self) {
        let read = move |values: &Values| {
            self.filters.read(values);
            let sort = values.text("sort");
            let known = ORDERS.into_iter().find(|order| *order == sort);
            self.sort.set(known.unwrap_or(ORDERS[0]));
            self.selected.id.set(values.text("client"));
        };
        let write = move || {
            let sort = self.sort.get();
            let mut values = self.filters.values();
            let sort = if sort == ORDERS[0] { "" } else { sort };
            values.push(("sort", sort.to_owned()));
            values.push(("client", self.selected.id.get()));
            values
        };
        url_query::sync(self.current, Section::Clients, read, write);
    }

    /// The query, without the window.
    fn query(self) -> ClientsQuery {
        let query = self.filters.query();
        ClientsQuery {
            limit: Some(WINDOW as u32),
            // The server sorts lists with offline clients by id only.
            sort: Some(if query.all {
                "client_id"
            } else {
                self.sort.get()
            }),
            ..query
        }
    }

    pub(super) fn handle(self, update: &Update) {
        match update {
            Update::Reload => {
                self.client_list.update(ClientList::mark_stale);
                self.read_soon();
            }
            Update::Clients(clients) => {
                self.client_list
                    .maybe_update(|client_list| client_list.tell(clients));
                self.read_again();
            }
            _ => {}
        }
        self.selected.handle(update);
    }

    /// Loads missing rows after a short pause.
    fn read_soon(self) {
        self.reading.try_update_value(|reading| {
            let read = move || spawn_local(async move { self.read().await });
            reading.due = Some(Timer::after(PAUSE, read));
        });
    }

    /// Refreshes the visible rows, at most once per interval.
    fn read_again(self) {
        self.reading.try_update_value(|reading| {
            let wait = reading.last + REFRESH_INTERVAL - browser::now();
            reading.stale.get_or_insert_with(|| {
                Timer::after(wait, move || {
                    self.reading.try_update_value(|reading| {
                        reading.stale = None;
                        reading.last = browser::now();
                    });
                    self.client_list.maybe_update(|client_list| {
                        client_list.mark_stale();
                        false
                    });
                    spawn_local(async move { self.read().await });
                })
            });
        });
    }

    /// Loads windows until all visible rows are loaded.
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
        let shown = untrack(|| !self.current.is_disposed() && self.current.is(Section::Clients));
        let (start, end) = *self.visible_rows.try_read_untracked().filter(|_| shown)?;
        self.client_list.try_read_untracked()?.wanted(&(start..end))
    }

    async fn read_window(self, n: u64) -> Result<(), ()> {
        let wanted = untrack(|| self.query());
        let query = ClientsQuery {
            offset: Some(n * WINDOW),
            ..wanted.clone()
        };
        let answer = Client::new("").clients(&query).await;
        if self.current.is_disposed() {
            return Err(());
        }
        match answer {
            Ok(page) if untrack(|| self.query()) == wanted => {
                let length = page.matching.unwrap_or(page.clients.len() as u64);
                self.wrong.set(None);
                self.missing.set(page.missing_nodes);
                self.client_list
                    .update(|client_list| client_list.merge(n, page.clients, length));
                Ok(())
            }
            // The query has changed. The next iteration uses the new one.
            Ok(_) => Ok(()),
            Err(error) => {
                self.session.check_unauthorized(&error);
                let why = i18n::error(&error);
                self.wrong
                    .set(Some(interpolate(texts().clients.failed, &[("why", &why)])));
                Err(())
            }
        }
    }
}

/// The view of the section.
pub(super) fn view(clients: Clients) -> AnyView {
    let selected = clients.selected;
    let looks = move || selected.id.with(|id| !id.is_empty());
    let card = move || {
        lazy_view(
            || Box::pin(load_client_card()),
            move || client_card(selected),
        )
    };
    let length = move || clients.client_list.with(ClientList::length);
    let marked = clients.marked;
    let mark_all = move |all: bool| match all {
        true => marked.mark_all(untrack(|| clients.query())),
        false => marked.clear(),
    };
    let rows = move || {
        view! {
            <ClientRows
                client_list=clients.client_list
                visible_rows=clients.visible_rows
                sort=clients.sort
                fixed=bool_signal(move || clients.filters.of_known())
                selected=selected.id
                marked=marked.ids
                on_mark=Callback::new(move |mark| {
                    marked.mark(&clients.client_list.read_untracked(), mark);
                })
                on_mark_all=Callback::new(mark_all)
            />
        }
        .erase()
    };
    view! {
        <div class="columns clients">
            <section class="card wide" aria-labelledby="clients-title">
                {tools(clients)} {retry_notice(move || clients.wrong.get(), move || clients.read_soon())}
                {missing_nodes(move || clients.missing.get(), |t| t.nodes.missing)}
                {marked_clients::bar(marked, clients.current)}
                {either(move || length() == Some(0), move || nobody(clients), rows)}
            </section>
            {when(looks, card)}
        </div>
    }
    .erase()
}

#[wasm_split(client_card, wasm_split_path = ::leptos::wasm_split, preload(load_client_card), fallible)]
fn client_card(selected: SelectedClient) -> Result<AnyView, SplitLoaderError> {
    Ok(card(selected))
}

/// The selected client, beside the list.
fn card(selected: SelectedClient) -> AnyView {
    view! {
        <ClientCard
            id=selected.id.into()
            client=selected.client
            wrong=selected.wrong.into()
            note=selected.note.into()
            on_disconnect=Callback::new(move |id| selected.disconnect(id))
            on_close=Callback::new(move |()| selected.id.set(String::new()))
        />
    }
    .erase_client_only()
}

fn tools(clients: Clients) -> AnyView {
    let matching = text(move || match clients.client_list.with(ClientList::length) {
        Some(n) => plural(texts().clients.matching, n, &[]),
        None => texts().clients.title.to_owned(),
    });
    view! {
        <div class="section-head">
            <h2 id="clients-title" aria-live="polite">
                {matching}
            </h2>
            {client_filters::states(clients.filters)}
            <label class="unseen" for="search">
                {tr(|t| t.clients.search)}
            </label>
            <input
                id="search"
                type="search"
                placeholder=tr(|t| t.clients.search_hint)
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                bind:value=clients.filters.search
            />
        </div>
        {client_filters::fields(clients.filters)}
    }
    .erase()
}

/// The view if there are no clients to list.
fn nobody(clients: Clients) -> AnyView {
    let searches = move || clients.filters.is_filtered();
    let of_known = move || clients.filters.of_known();
    let title = text(move || {
        let texts = &texts().clients;
        let title = match (searches(), of_known()) {
            (true, _) => texts.no_match,
            (false, false) => texts.nobody,
            (false, true) => texts.nobody_known,
        };
        title.to_owned()
    });
    let about = text(move || match searches() {
        true => texts().clients.no_match_about.to_owned(),
        false => texts().clients.nobody_about.to_owned(),
    });
    let links = || {
        view! {
            <div class="row">
                <a class="button small" href="./" target="_blank" rel="external">
                    {tr(|t| t.clients.listen)}
                </a>
                <a class="button small" href="try">
                    {tr(|t| t.clients.try_it)}
                </a>
            </div>
        }
        .erase_client_only()
    };
    let also_offline = move || {
        view! {
            <button type="button" class="quiet small" on:click=on_click(move || clients.filters.state.set("all".to_owned()))>
                {tr(|t| t.clients.also_offline)}
            </button>
        }
        .erase_client_only()
    };
    view! {
        <div class="empty">
            <p class="title">{title}</p>
            <p>{about}</p>
            {when(move || searches() && !of_known(), also_offline)}
            {when(move || !searches(), links)}
        </div>
    }
    .erase_client_only()
}
