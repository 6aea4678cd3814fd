//! The table of clients. Only the visible rows are in the page, whatever the length of the list.

mod row;

use std::ops::Range;

use leptos::{html::Div, prelude::*, wasm_bindgen::JsCast, web_sys::HtmlElement};

pub(crate) use row::origin_text;

use crate::{
    browser,
    client_list::ClientList,
    components::{
        EraseView, ListItem, bool_signal, effect, keyed_list, list_keys, on_click, static_text,
        text,
    },
    erased_signal::{ErasedMemo, ErasedSignal},
    i18n::{Texts, tr},
};

/// Rows above and below the visible ones that are rendered too, so that scrolling shows no empty rows.
const SPARE: u64 = 8;

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
        if let Some(rows) = scroller.get_untracked().and_then(|div| rows_of(&div)) {
            let seen = (rows.start, rows.end);
            if visible_rows
                .try_read_untracked()
                .is_some_and(|visible_rows| *visible_rows != seen)
            {
                visible_rows.set(seen);
            }
        }
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
        let end = end.min(length.get().unwrap_or(SPARE));
        client_list.with(|client_list| {
            let entry = |n: u64| row::entry(n, client_list.row(n), selected, marks);
            (start..end.max(start)).map(entry).collect()
        })
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
                {spacer(move || visible_rows.get().0)}
                {rows}
                {spacer(move || length.get().unwrap_or(0).saturating_sub(visible_rows.get().1))}
            </div>
        </div>
    }
    .erase()
}

/// The visible rows of a scroll container, with some rows above and below.
fn rows_of(scroller: &HtmlElement) -> Option<Range<u64>> {
    let probe: HtmlElement = scroller.first_element_child()?.dyn_into().ok()?;
    let height = probe.offset_height().max(1) as u64;
    let above = scroller.scroll_top().max(0) as u64 / height;
    let seen = (scroller.client_height().max(0) as u64).div_ceil(height);
    // In steps of four, so that not every scrolled row causes an update.
    let start = above.saturating_sub(SPARE) / 4 * 4;
    Some(start..above + seen + SPARE)
}

/// An empty element with the height of rows that are not rendered.
fn spacer(rows: impl Fn() -> u64 + Send + Sync + 'static) -> AnyView {
    let div = NodeRef::<Div>::new();
    effect(move || {
        let rows = rows();
        if let Some(div) = div.get() {
            let height = format!("calc(var(--row) * {rows})");
            let _ = leptos::web_sys::HtmlElement::style(&div).set_property("height", &height);
        }
    });
    view! { <div role="none" class="spacer" node_ref=div></div> }.erase()
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
        view! {
            <div role="row" class="client-row loading" data-row=n aria-rowindex=n + 2>
                <div role="cell">
                    <span class="skeleton"></span>
                </div>
            </div>
        }
        .erase()
    })
}
