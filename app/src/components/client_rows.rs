//! The list of clients. However long it is, only the rows that can be seen are in the page.

mod row;

use std::ops::Range;

use leptos::{html::Div, prelude::*, wasm_bindgen::JsCast, web_sys::HtmlElement};

pub(crate) use row::place;

use crate::{
    browser,
    components::{Entry, IntoPart, effect, list, press, text, word},
    crowd::Crowd,
    held::{Derived, Held},
    words::{Words, say},
};

/// Rows beyond the edges that are in the page too, so that scrolling meets rows and not holes.
const SPARE: u64 = 8;

/// The list.
#[component]
pub fn ClientRows(
    /// What is known of it.
    crowd: Held<Crowd>,
    /// The rows that are in the page, which this component says.
    span: Held<(u64, u64)>,
    /// The order: one of the sort keys of the API.
    sort: Held<&'static str>,
    /// Whether the list has this one order only.
    fixed: Signal<bool>,
    /// Who is looked at.
    selected: RwSignal<String>,
) -> impl IntoView {
    let scroller = NodeRef::<Div>::new();
    let look = move || {
        if let Some(rows) = scroller.get_untracked().and_then(|div| rows_of(&div)) {
            let seen = (rows.start, rows.end);
            if span.try_peek().is_some_and(|span| *span != seen) {
                span.set(seen);
            }
        }
    };
    // Another order or another search begins at the top.
    let length = Derived::new(move || crowd.with(Crowd::length));
    effect(move || {
        sort.track();
        if let Some(div) = scroller.get_untracked() {
            div.set_scroll_top(0);
        }
    });
    // The rows are counted again when there are other rows to count, or another room for them.
    let resized = StoredValue::new_local(None);
    effect(move || {
        length.track();
        look();
        resized.set_value(Some(browser::on_resizing(look)));
    });
    let rows = list(move || {
        let (start, end) = span.get();
        let end = end.min(length.get().unwrap_or(SPARE));
        crowd.with(|crowd| {
            let entry = |n: u64| row::entry(n, crowd.row(n), selected);
            (start..end.max(start)).map(entry).collect()
        })
    });
    view! {
        <div
            class="crowd"
            role="table"
            aria-labelledby="clients-title"
            aria-rowcount=text(move || length.get().map_or(-1, |n| n as i64 + 1).to_string())
        >
            {head(sort, fixed)}
            <div
                class="crowd-rows"
                role="rowgroup"
                tabindex="0"
                node_ref=scroller
                on:scroll=move |_| look()
            >
                <div class="probe" role="none"></div>
                {spacer(move || span.get().0)}
                {rows}
                {spacer(move || length.get().unwrap_or(0).saturating_sub(span.get().1))}
            </div>
        </div>
    }
    .part()
}

/// Which rows a scroller shows, and some more.
fn rows_of(scroller: &HtmlElement) -> Option<Range<u64>> {
    let probe: HtmlElement = scroller.first_element_child()?.dyn_into().ok()?;
    let height = probe.offset_height().max(1) as u64;
    let above = scroller.scroll_top().max(0) as u64 / height;
    let seen = (scroller.client_height().max(0) as u64).div_ceil(height);
    // In steps, so that not every row that passes makes work.
    let start = above.saturating_sub(SPARE) / 4 * 4;
    Some(start..above + seen + SPARE)
}

/// Room for so many rows that are not in the page.
fn spacer(rows: impl Fn() -> u64 + Send + Sync + 'static) -> AnyView {
    let div = NodeRef::<Div>::new();
    effect(move || {
        let rows = rows();
        if let Some(div) = div.get() {
            let height = format!("calc(var(--row) * {rows})");
            let _ = leptos::web_sys::HtmlElement::style(&div).set_property("height", &height);
        }
    });
    view! { <div role="none" class="spacer" node_ref=div></div> }.part()
}

fn head(sort: Held<&'static str>, fixed: Signal<bool>) -> AnyView {
    let sortable =
        move |label: fn(&Words) -> &'static str, up: &'static str, down: &'static str| {
            let order = word(move || match sort.get() {
                now if fixed.get() && up != "client_id" => {
                    let _ = now;
                    "none"
                }
                now if now == up => "ascending",
                now if now == down => "descending",
                _ => "none",
            });
            // What matters of times and numbers is the newest and the most.
            let first = if up == "client_id" { up } else { down };
            let turn = press(move || {
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
                        {say(label)}
                    </button>
                </div>
            }
            .part()
        };
    let plain = |label: fn(&Words) -> &'static str| {
        view! {
            <div role="columnheader" class="unsorted">
                {say(label)}
            </div>
        }
        .part()
    };
    view! {
        <div role="rowgroup" class="crowd-head">
            <div role="row" class="crowd-row">
                {sortable(|w| w.clients.client, "client_id", "-client_id")}
                {plain(|w| w.clients.topics)}
                {sortable(|w| w.clients.connections, "connections", "-connections")}
                {sortable(|w| w.clients.since, "since", "-since")} {plain(|w| w.clients.from)}
            </div>
        </div>
    }
    .part()
}

/// A row that is still to come.
fn placeholder(n: u64) -> Entry {
    Entry::new(n, move || {
        view! {
            <div role="row" class="crowd-row loading" aria-rowindex=n + 2>
                <div role="cell">
                    <span class="bone"></span>
                </div>
            </div>
        }
        .part()
    })
}
