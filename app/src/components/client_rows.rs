//! The table of clients. Only the visible rows are in the page, whatever the length of the list.

mod row;

use leptos::{html::Div, prelude::*, wasm_bindgen::JsCast, web_sys::HtmlElement};

pub(crate) use row::origin_text;

use crate::{
    browser::{self, Timer},
    client_list::ClientList,
    components::{
        EraseView, ListItem, SPARE, bool_signal, effect, gap, keyed_list, list_keys, on_click,
        rows_in_page, show_rows, static_text, text,
    },
    erased_signal::{ErasedMemo, ErasedSignal},
    i18n::{Texts, tr},
};

/// What was done to the mark of a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    /// The number of the row.
    pub(crate) row: u64,
    /// Whether all rows from the one before are meant (with the shift key).
    pub(crate) range: bool,
}

/// What rows need to show marks.
#[derive(Clone, Copy)]
struct Marks {
    marked: ErasedSignal<Vec<String>>,
    on_mark: Callback<Mark>,
}

/// The table.
#[component]
pub fn ClientRows(
    /// The loaded part of the list.
    client_list: ErasedSignal<ClientList>,
    /// The rendered rows. This component sets them.
    visible_rows: ErasedSignal<(u64, u64)>,
    /// The order: a sort key of the API.
    sort: ErasedSignal<&'static str>,
    /// Whether the order cannot be changed.
    fixed: Signal<bool>,
    /// The id of the selected client.
    selected: RwSignal<String>,
    /// The ids of the marked clients, sorted.
    marked: ErasedSignal<Vec<String>>,
    /// A row is marked, or its mark is taken away.
    on_mark: Callback<Mark>,
    /// All clients are marked (`true`), or none.
    on_mark_all: Callback<bool>,
) -> impl IntoView {
    let scroller = NodeRef::<Div>::new();
    let look = move || {
        let seen = scroller.try_get_untracked().flatten();
        let seen = seen.and_then(|div| rows_of(&div));
        show_rows(visible_rows, seen);
    };
    // Scrolls to the top when the order or the search changes.
    let length = ErasedMemo::new(move || client_list.with(ClientList::length));
    effect(move || {
        sort.track();
        if let Some(div) = scroller.get_untracked() {
            div.set_scroll_top(0);
        }
    });
    // The rendered rows are computed again when the list or the window changes its size.
    let resized = StoredValue::new_local(None);
    effect(move || {
        length.track();
        look();
        // The list grows with its first rows, and is higher when they are in the page.
        Timer::after(0.0, look).detach();
        resized.set_value(Some(browser::on_resize(look)));
    });
    let marks = Marks { marked, on_mark };
    let all_marked = bool_signal(move || {
        let marked = marked.with(Vec::len) as u64;
        length
            .get()
            .is_some_and(|length| length > 0 && marked >= length)
    });
    let mark_all = move |_| on_mark_all.run(!all_marked.get_untracked());
    let mark_all = view! {
        <div role="columnheader" class="mark">
            <input
                type="checkbox"
                aria-label=tr(|t| t.clients.mark_all)
                prop:checked=all_marked
                on:change=mark_all
            />
        </div>
    }
    .erase();
    let rows = keyed_list(move || {
        let (start, end) = visible_rows.get();
        let length = length.get().unwrap_or(SPARE);
        let (start, end) = (start.min(length), end.min(length));
        let shown = client_list.read();
        let entry = |n: u64| row::entry(n, shown.row(n), client_list, selected, marks);
        let mut items = vec![gap(0, start)];
        items.extend((start..end).map(entry));
        items.push(gap(end, length));
        items
    });
    view! {
        <div
            class="client-table"
            role="table"
            aria-labelledby="clients-title"
            aria-rowcount=text(move || length.get().map_or(-1, |n| n as i64 + 1).to_string())
        >
            {head(sort, fixed, mark_all)}
            <div
                class="client-rows"
                role="rowgroup"
                tabindex="0"
                use:list_keys
                node_ref=scroller
                on:scroll=move |_| look()
            >
                <div class="probe" role="none"></div>
                {rows}
            </div>
        </div>
    }
    .erase()
}

/// The rows that are in the page.
fn rows_of(scroller: &HtmlElement) -> Option<(u64, u64)> {
    let probe: HtmlElement = scroller.first_element_child()?.dyn_into().ok()?;
    let (above, height) = (scroller.scroll_top(), scroller.client_height());
    Some(rows_in_page(
        above.into(),
        height.into(),
        probe.offset_height().into(),
    ))
}

fn head(sort: ErasedSignal<&'static str>, fixed: Signal<bool>, mark_all: AnyView) -> AnyView {
    let sortable =
        move |label: fn(&Texts) -> &'static str, up: &'static str, down: &'static str| {
            let order = static_text(move || match sort.get() {
                now if fixed.get() && up != "client_id" => {
                    let _ = now;
                    "none"
                }
                now if now == up => "ascending",
                now if now == down => "descending",
                _ => "none",
            });
            // Times and numbers are sorted in descending order first.
            let first = if up == "client_id" { up } else { down };
            let turn = on_click(move || {
                sort.update(|sort| {
                    *sort = if *sort == first {
                        if first == up { down } else { up }
                    } else {
                        first
                    }
                });
            });
            view! {
                <div role="columnheader" aria-sort=order>
                    <button type="button" class="plain" disabled=fixed on:click=turn>
                        {tr(label)}
                    </button>
                </div>
            }
            .erase()
        };
    let plain = |label: fn(&Texts) -> &'static str| {
        view! {
            <div role="columnheader" class="unsorted">
                {tr(label)}
            </div>
        }
        .erase()
    };
    view! {
        <div role="rowgroup" class="client-head">
            <div role="row" class="client-row">
                {mark_all} {sortable(|t| t.clients.client, "client_id", "-client_id")}
                {plain(|t| t.clients.topics)}
                {sortable(|t| t.clients.connections, "connections", "-connections")}
                {sortable(|t| t.clients.since, "since", "-since")} {plain(|t| t.clients.from)}
            </div>
        </div>
    }
    .erase()
}

/// A row that is not loaded yet.
fn placeholder(n: u64) -> ListItem {
    ListItem::new(n, move || {
        view! { <div role="row" class="client-row" data-row=n aria-rowindex=n + 2></div> }.erase()
    })
}
