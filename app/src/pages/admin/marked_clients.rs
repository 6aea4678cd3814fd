//! Clients that are marked in the list, to do something with all of them: "100 users, 10 are meant".

use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};

use super::{AdminSession, CurrentSection, marks, saved_lists::SavedLists};
use crate::{
    api::{ApiError, Client, ClientsQuery},
    client_list::ClientList,
    components::{
        CopyButton, EraseView, Mark, aria_bool, ask_first, lazy_view, not_loaded, on_click,
        optional_text, save_form, text, when,
    },
    erased_signal::ErasedSignal,
    i18n::{self, plural, texts, tr},
    wire::ListRequest,
};

/// The most clients that are marked at once: as many as a server takes in one push, if its settings do not say otherwise.
const MOST: usize = 10_000;
/// Clients that are loaded at a time to mark all of them.
const PAGE: u32 = 1_000;

/// The marked clients. Copies share the same signals.
#[derive(Clone, Copy)]
pub(super) struct MarkedClients {
    session: AdminSession,
    /// Their ids, sorted.
    pub(super) ids: ErasedSignal<Vec<String>>,
    /// The row that was marked last: where a range begins.
    anchor: StoredValue<u64>,
    /// The lists that they can be saved to.
    lists: SavedLists,
    /// Whether a name is asked for.
    naming: RwSignal<bool>,
    /// The result of the last action.
    note: RwSignal<Option<String>>,
    /// Whether the code that marks all of them could not be loaded.
    failed: RwSignal<bool>,
}

impl MarkedClients {
    pub(super) fn new(session: AdminSession) -> Self {
        Self {
            session,
            ids: ErasedSignal::default(),
            anchor: StoredValue::new(0),
            lists: SavedLists::new(session),
            naming: RwSignal::new(false),
            note: RwSignal::new(None),
            failed: RwSignal::new(false),
        }
    }

    fn len(self) -> usize {
        self.ids.with(Vec::len)
    }

    /// Marks a row of the list, or takes the mark from it. A range begins at the row that was marked before.
    pub(super) fn mark(self, list: &ClientList, Mark { row, range }: Mark) {
        self.note.set(None);
        let Some(client) = list.row(row) else { return };
        let anchor = self.anchor.get_value();
        self.anchor.set_value(row);
        let rows = match range {
            true => row.min(anchor)..=row.max(anchor),
            false => row..=row,
        };
        let rows = rows.filter_map(|row| list.row(row));
        let rows = rows.map(|client| client.client_id.as_str());
        self.ids
            .update(|ids| marks::toggle(ids, &client.client_id, rows));
    }

    /// Marks all clients that match the query.
    pub(super) fn mark_all(self, query: ClientsQuery) {
        self.note.set(None);
        spawn_local(async move {
            if mark_all_clients(self, query).await.is_err() {
                self.failed.try_set(true);
            }
        });
    }

    async fn read_all(self, query: ClientsQuery) {
        let mut ids: Vec<String> = Vec::new();
        let mut after = None;
        loop {
            let query = ClientsQuery {
                limit: Some(PAGE),
                after: after.take(),
                offset: None,
                sort: None,
                ..query.clone()
            };
            match Client::new("").clients(&query).await {
                Ok(page) => {
                    ids.extend(page.clients.into_iter().map(|client| client.client_id));
                    after = page.next;
                }
                Err(error) => {
                    self.session.check_unauthorized(&error);
                    self.note.try_set(Some(i18n::error(&error)));
                    return;
                }
            }
            if after.is_none() || ids.len() >= MOST {
                break;
            }
        }
        if ids.len() >= MOST {
            let said = plural(texts().clients.most, MOST as u64, &[]);
            self.note.try_set(Some(said));
            ids.truncate(MOST);
        }
        ids.sort_unstable();
        self.ids.set(ids);
    }

    pub(super) fn clear(self) {
        self.note.set(None);
        self.ids.set(Vec::new());
    }

    /// Closes the connections of all marked clients, one client after the other.
    fn disconnect(self) {
        let ids = self.ids.read_untracked();
        spawn_local(async move {
            let mut closed = 0;
            for id in ids.iter() {
                match Client::new("").disconnect(id).await {
                    Ok(done) => closed += done.connections,
                    // It was not connected any more.
                    Err(ApiError::Problem(problem)) if problem.status == 404 => {}
                    Err(error) => {
                        self.session.check_unauthorized(&error);
                        self.note.try_set(Some(i18n::error(&error)));
                        return;
                    }
                }
            }
            let said = plural(texts().clients.closed, closed, &[]);
            self.note.try_set(Some(said));
        });
    }
}

/// What can be done with the marked clients, if there are any.
pub(super) fn bar(marked: MarkedClients, current: CurrentSection) -> AnyView {
    let shown = move || {
        lazy_view(
            || Box::pin(load_marked_clients()),
            move || marked_clients(marked, current),
        )
    };
    view! { {when(move || marked.len() > 0, shown)} {when(move || marked.failed.get(), not_loaded)} }
        .erase()
}

#[wasm_split(marked_clients, wasm_split_path = ::leptos::wasm_split, preload(load_marked_clients), fallible)]
fn marked_clients(
    marked: MarkedClients,
    current: CurrentSection,
) -> Result<AnyView, SplitLoaderError> {
    Ok(actions(marked, current))
}

#[wasm_split(marked_clients, wasm_split_path = ::leptos::wasm_split, fallible)]
fn mark_all_clients(marked: MarkedClients, query: ClientsQuery) -> Result<(), SplitLoaderError> {
    spawn_local(async move { marked.read_all(query).await });
    Ok(())
}

fn actions(marked: MarkedClients, current: CurrentSection) -> AnyView {
    let count = text(move || plural(texts().clients.marked, marked.len() as u64, &[]));
    let push = move || {
        let said = text(move || plural(texts().clients.push_to, marked.len() as u64, &[]));
        let fill = on_click(move || {
            let ids = marked.ids.read_untracked().to_vec();
            current.recipients.set(Some(ids));
        });
        view! {
            <a class="button small" href="admin/push" on:click=fill>
                {said}
            </a>
        }
        .erase_client_only()
    };
    let save = move || {
        view! {
            <button
                type="button"
                class="quiet small"
                aria-expanded=aria_bool(move || marked.naming.get())
                on:click=on_click(move || marked.naming.update(|naming| *naming = !*naming))
            >
                {tr(|t| t.saved.save_as)}
            </button>
        }
        .erase_client_only()
    };
    let name = move || {
        let save = Callback::new(move |name| {
            let clients = marked.ids.read_untracked().to_vec();
            marked.lists.save(ListRequest {
                name,
                clients,
                topics: Vec::new(),
            });
        });
        let actions = marked.lists.actions(save, Callback::new(|_| {}));
        save_form(marked.lists.saving, |t| t.saved.list_name, actions)
    };
    let disconnect = move || {
        ask_first(
            |t| t.client.disconnect,
            |t| t.clients.disconnect_ask,
            String::new(),
            Callback::new(move |()| marked.disconnect()),
        )
    };
    let ids = text(move || {
        let ids = marked.ids.read();
        ids.iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join("\n")
    });
    let session = marked.session;
    view! {
        <section class="marked" aria-labelledby="marked">
            <div class="row">
                <strong id="marked" aria-live="polite">
                    {count}
                </strong>
                {when(move || session.may("push"), push)}
                <CopyButton text=ids what=tr(|t| t.clients.the_ids) label=Some(tr(|t| t.clients.copy_ids)) />
                {when(move || session.may("push"), save)}
                {when(move || session.may("disconnect"), disconnect)}
                <button
                    type="button"
                    class="quiet small"
                    data-escape=""
                    on:click=on_click(move || marked.clear())
                >
                    {tr(|t| t.clients.unmark)}
                </button>
            </div>
            {when(move || marked.naming.get(), name)}
            <p class="note" role="status">
                {optional_text(move || marked.note.get())}
            </p>
        </section>
    }
    .erase_client_only()
}
