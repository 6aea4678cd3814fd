//! One row of the client table.

use std::sync::Arc;

use leptos::{ev::MouseEvent, prelude::*};

use super::{Mark, Marks, placeholder};
use crate::{
    browser_name,
    client_list::{ClientList, since},
    components::{
        EraseView, ListItem, Turn, aria_bool, bool_signal, in_turn, on_change, on_click, outside,
        static_text,
    },
    erased_signal::{ErasedMemo, ErasedSignal},
    formatting,
    i18n::{self, interpolate, plural, texts},
    wire::ClientInfo,
};

/// Topics that are shown in a row.
const TOPICS: usize = 3;

/// The row of a client, or a placeholder if the client is not loaded.
pub(super) fn entry(
    n: u64,
    client: Option<&Arc<ClientInfo>>,
    client_list: ErasedSignal<ClientList>,
    selected: RwSignal<String>,
    marks: Marks,
) -> ListItem {
    let Some(client) = client else {
        return placeholder(n);
    };
    let client = Arc::clone(client);
    let key = format!("{n} {} {}", client.client_id, i18n::language() as u8);
    ListItem::new(key, move || row(n, &client, client_list, selected, marks))
}

fn row(
    n: u64,
    client: &Arc<ClientInfo>,
    client_list: ErasedSignal<ClientList>,
    selected: RwSignal<String>,
    marks: Marks,
) -> AnyView {
    let id = client.client_id.clone();
    let is_selected = bool_signal(move || selected.with(|selected| *selected == id));
    let class = static_text(move || match is_selected.get() {
        true => "client-row selected",
        false => "client-row",
    });
    let version =
        ErasedMemo::new(move || client_list.with(|clients| Some(clients.row(n)?.version)));
    let turn = Turn::new();
    on_change(move || version.track(), move || turn.ask());
    let name = client.client_id.clone();
    let id = client.client_id.clone();
    let cells = move || match client_list.read_untracked().row(n) {
        Some(client) if client.client_id == id => cells(n, client, selected, is_selected, marks),
        // The row is about to leave the page.
        _ => ().into_any(),
    };
    view! {
        <div role="row" class=class data-row=name aria-rowindex=n + 2>
            {in_turn(turn, cells)}
        </div>
    }
    .erase_client_only()
}

/// A row is made again when the language changes, so its texts need no signals.
fn cells(
    n: u64,
    client: &Arc<ClientInfo>,
    selected: RwSignal<String>,
    is_selected: Signal<bool>,
    marks: Marks,
) -> AnyView {
    let id = StoredValue::new(client.client_id.clone());
    let here = !client.connections.is_empty();
    let when = match (since(client), client.last_seen) {
        (Some(at), _) => formatting::clock(at as f64),
        (None, Some(at)) => {
            let ago = formatting::ago(at as f64);
            interpolate(texts().clients.last_seen, &[("ago", &ago)])
        }
        (None, None) => texts().clients.away.to_owned(),
    };
    let select = on_click(move || selected.set(id.get_value()));
    let is_marked = bool_signal(move || {
        let marked = marks.marked.read();
        id.with_value(|id| marked.binary_search(id).is_ok())
    });
    let on_mark = move |event: MouseEvent| {
        let range = event.shift_key();
        marks.on_mark.run(Mark { row: n, range });
    };
    let name = [("id", client.client_id.as_str())];
    let mark = interpolate(texts().clients.mark, &name);
    let called = interpolate(texts().client.about, &name);
    view! {
        <div role="cell" class="mark">
            <input type="checkbox" aria-label=mark prop:checked=is_marked on:click=on_mark />
        </div>
        <div role="cell" class="who">
            <span class=if here { "presence here" } else { "presence" } aria-hidden="true"></span>
            <button
                type="button"
                class="plain code"
                aria-label=called
                aria-pressed=aria_bool(move || is_selected.get())
                on:click=select
            >
                {client.client_id.clone()}
            </button>
        </div>
        <div role="cell" class="topics">
            {topics(client)}
        </div>
        <div role="cell" class="connections">
            {client.connections.len()}
        </div>
        <div role="cell" class="since">
            {when}
        </div>
        <div role="cell" class="from">
            {outside(origin(client))}
        </div>
    }
    .erase_client_only()
}

fn topics(client: &ClientInfo) -> AnyView {
    // Few, and in their order from the beginning: the code that sorts is larger than this page.
    let mut topics: Vec<&String> = Vec::new();
    for topic in client.connections.iter().flat_map(|c| &c.topics) {
        if let Err(place) = topics.binary_search(&topic) {
            topics.insert(place, topic);
        }
    }
    let more = topics.len().saturating_sub(TOPICS) as u64;
    let tag = |topic: &&String| view! { <span class="tag">{outside(topic)}</span> };
    let tags: Vec<_> = topics.iter().take(TOPICS).map(tag).collect();
    let rest = match more {
        0 => String::new(),
        n => plural(texts().clients.more, n, &[]),
    };
    view! {
        {tags}
        <span class="nothing">{rest}</span>
    }
    .erase_client_only()
}

/// The origin of its first connection.
fn origin(client: &ClientInfo) -> String {
    let Some(connection) = client.connections.first() else {
        return String::new();
    };
    origin_text(&connection.remote, connection.user_agent.as_deref())
}

/// The address and the program of a connection, in short.
pub(crate) fn origin_text(remote: &str, agent: Option<&str>) -> String {
    match agent.map(browser_name) {
        Some(agent) => format!("{} \u{b7} {agent}", host(remote)),
        None => host(remote).to_owned(),
    }
}

/// An address without its port.
fn host(address: &str) -> &str {
    match address.rsplit_once(':') {
        // An IPv6 address without a port contains colons too.
        Some((host, _)) if !host.contains(':') || host.ends_with(']') => host,
        _ => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_port() {
        assert_eq!(host("127.0.0.1:49498"), "127.0.0.1");
        assert_eq!(host("[::1]:49498"), "[::1]");
        assert_eq!(host("2001:db8::7"), "2001:db8::7");
        assert_eq!(host("203.0.113.9"), "203.0.113.9");
    }
}
