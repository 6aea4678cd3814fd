//! The page of one client, which has a URL of its own: its connections, what waits for it, and what has happened.

mod history;
mod timeline;

use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};

use super::{
    AdminSession, CurrentSection, Section,
    feed::Update,
    selected_client::SelectedClient,
    url_query::{self, Values},
};
use crate::{
    api::{Client, encoded},
    components::{
        ClientFacts, CopyButton, EraseView, ask_first, client_connections, client_missing_nodes,
        effect, fact, lazy_view, optional_text, presence_class, text, when,
    },
    i18n::{self, texts, tr},
    wire::ClientDetail,
};
use history::ClientHistory;

/// The client of the page. Copies share the same signals.
#[derive(Clone, Copy)]
pub(super) struct ClientPage {
    session: AdminSession,
    current: CurrentSection,
    selected: SelectedClient,
    history: ClientHistory,
}

impl ClientPage {
    pub(super) fn new(session: AdminSession, current: CurrentSection) -> Self {
        let page = Self {
            session,
            current,
            selected: SelectedClient::new(session),
            history: ClientHistory::new(session),
        };
        let read = move |values: &Values| page.selected.id.set(values.text("id"));
        let write = move || vec![("id", page.selected.id.get())];
        url_query::sync(current, Section::Client, read, write);
        effect(move || page.history.load(page.selected.id.get()));
        page
    }

    pub(super) fn handle(self, update: &Update) {
        self.selected.handle(update);
        let is_shown = untrack(|| self.current.is(Section::Client));
        if is_shown && update.concerns(&self.selected.id.get_untracked()) {
            self.history.load_soon();
        }
    }

    fn clear_inbox(self) {
        let id = self.selected.id.get_untracked();
        spawn_local(async move {
            let said = match Client::new("").clear_inbox(&id).await {
                Ok(()) => texts().client.cleared.to_owned(),
                Err(error) => {
                    self.session.check_unauthorized(&error);
                    i18n::error(&error)
                }
            };
            self.selected.note.try_set(Some(said));
            self.selected.ask();
            self.history.load(id);
        });
    }
}

/// The view of the section. The id is known in the browser only.
pub(super) fn view(page: ClientPage) -> AnyView {
    let has_id = move || page.selected.id.with(|id| !id.is_empty());
    view! {
        <p class="row">
            <a href="admin/clients?state=all">{tr(|t| t.client.back)}</a>
        </p>
        {when(has_id, move || facts(page))}
    }
    .erase()
}

fn facts(page: ClientPage) -> AnyView {
    let selected = page.selected;
    let (id, client) = (selected.id, selected.client);
    let class = presence_class(client);
    let positions = move |of: fn(&ClientDetail) -> &Option<String>| {
        text(move || {
            let cursor = client.with(|c| c.as_ref().and_then(|c| of(c).clone()));
            cursor.unwrap_or_else(|| "\u{2013}".to_owned())
        })
    };
    view! {
        <div class="columns client-page">
            <div class="side">
                <section class="card" aria-labelledby="client-title">
                    <div class="section-head">
                        <span class=class aria-hidden="true"></span>
                        <h2 id="client-title" class="code">
                            {id}
                        </h2>
                        <CopyButton text=id what=tr(|t| t.client.the_id) />
                    </div>
                    <p class="field-note">{selected.wrong}</p>
                    <ClientFacts client />
                    <dl class="facts">
                        {fact(|t| t.client.position_sent, positions(|c| &c.sent))}
                        {fact(
                            |t| t.client.position_read,
                            positions(|c| &c.acknowledged),
                        )}
                    </dl>
                    {actions(page)}
                    <p class="note" role="status">
                        {optional_text(move || selected.note.get())}
                    </p>
                </section>
                <section class="card" aria-labelledby="connections-title">
                    <h2 id="connections-title">{tr(|t| t.client.connections)}</h2>
                    {client_missing_nodes(client)}
                    {client_connections(client, true)}
                </section>
            </div>
            <div class="wide">
                {lazy_view(|| Box::pin(load_client_timeline()), move || client_timeline(page))}
            </div>
        </div>
    }
    .erase_client_only()
}

#[wasm_split(client_timeline, wasm_split_path = ::leptos::wasm_split, preload(load_client_timeline), fallible)]
fn client_timeline(page: ClientPage) -> Result<AnyView, SplitLoaderError> {
    let lists = view! {
        {timeline::inbox(page.history)}
        {timeline::view(page.history, page.selected.client)}
    };
    Ok(lists.erase_client_only())
}

/// What can be done to the client.
fn actions(page: ClientPage) -> AnyView {
    let selected = page.selected;
    let id = selected.id;
    let push = move || {
        let there = text(move || format!("admin/push?client={}", encoded(&id.get())));
        view! {
            <a class="button small" href=there>
                {tr(|t| t.client.push)}
            </a>
        }
        .erase_client_only()
    };
    let disconnect = move || {
        ask_first(
            |t| t.client.disconnect,
            |t| t.client.disconnect_ask,
            String::new(),
            Callback::new(move |()| selected.disconnect(id.get_untracked())),
        )
    };
    let clear = move || {
        ask_first(
            |t| t.client.clear,
            |t| t.client.clear_ask,
            String::new(),
            Callback::new(move |()| page.clear_inbox()),
        )
    };
    let is_here = move || {
        selected
            .client
            .with(|c| c.as_ref().is_some_and(|c| !c.connections.is_empty()))
    };
    let has_unread = move || {
        selected
            .client
            .with(|c| c.as_ref().is_some_and(|c| c.unread > 0))
    };
    let session = page.session;
    let messages = text(move || format!("admin/messages?for=client&name={}", encoded(&id.get())));
    view! {
        <div class="row">
            {when(move || session.may("push"), push)}
            <a class="button small" href=messages>
                {tr(|t| t.client.messages)}
            </a>
            {when(move || session.may("disconnect") && is_here(), disconnect)}
            {when(move || session.may("recall") && has_unread(), clear)}
        </div>
    }
    .erase_client_only()
}
