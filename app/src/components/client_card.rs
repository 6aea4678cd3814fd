//! The details of one client.

use leptos::prelude::*;

use crate::{
    api::encoded,
    components::{
        self, CopyButton, EraseView, ListItem, Wording, either, keyed_list, missing_nodes,
        on_click, optional_text, origin_text, outside, question, static_text, text, when,
    },
    erased_signal::ErasedSignal,
    formatting,
    i18n::{Texts, interpolate, plural, texts, tr},
    wire::{ClientDetail, ConnectionInfo},
};

/// A client, connected or not, with the actions on it.
#[component]
pub fn ClientCard(
    /// The client id.
    id: Signal<String>,
    /// The details; none: not loaded yet.
    client: ErasedSignal<Option<ClientDetail>>,
    /// Why the details could not be loaded.
    wrong: Signal<Option<String>>,
    /// The result of the last action.
    note: Signal<Option<String>>,
    /// The user wants to close all its connections.
    on_disconnect: Callback<String>,
    /// The user closes the card.
    on_close: Callback<()>,
) -> impl IntoView {
    let class = presence_class(client);
    let page = text(move || format!("admin/client?id={}", encoded(&id.get())));
    let push = text(move || format!("admin/push?client={}", encoded(&id.get())));
    let messages = text(move || format!("admin/messages?for=client&name={}", encoded(&id.get())));
    view! {
        <section class="card detail-card" aria-labelledby="client-title">
            <div class="section-head">
                <span class=class aria-hidden="true"></span>
                <h2 id="client-title" class="code">
                    {id}
                </h2>
                <CopyButton text=id what=tr(|t| t.client.the_id) />
                <button
                    type="button"
                    class="quiet small"
                    data-escape=""
                    on:click=on_click(move || on_close.run(()))
                >
                    {tr(|t| t.client.close)}
                </button>
            </div>
            <p class="field-note">{wrong}</p>
            <ClientFacts client />
            {client_missing_nodes(client)}
            {client_connections(client, false)}
            <div class="row">
                <a class="button small" href=page>
                    {tr(|t| t.client.open)}
                </a>
                <a class="button small" href=push>
                    {tr(|t| t.client.push)}
                </a>
                <a class="button small" href=messages>
                    {tr(|t| t.client.messages)}
                </a>
                {disconnect(id, client, on_disconnect)}
            </div>
            <p class="note" role="status">
                {note}
            </p>
        </section>
    }
    .erase_client_only()
}

/// The class of the dot that says whether a client is connected.
pub(crate) fn presence_class(client: ErasedSignal<Option<ClientDetail>>) -> Signal<&'static str> {
    static_text(
        move || match client.with(|c| c.as_ref().is_some_and(is_here)) {
            true => "presence here",
            false => "presence",
        },
    )
}

fn is_here(client: &ClientDetail) -> bool {
    !client.connections.is_empty()
}

/// What is known of a client.
#[component]
pub fn ClientFacts(
    /// The details; none: not loaded yet.
    client: ErasedSignal<Option<ClientDetail>>,
) -> impl IntoView {
    let fact = move |name: fn(&Texts) -> &'static str, value: fn(&ClientDetail) -> String| {
        let value = text(move || client.with(|c| c.as_ref().map(value).unwrap_or_default()));
        components::fact(name, value)
    };
    view! {
        <dl class="facts">
            {fact(|t| t.client.state, state)}
            {fact(|t| t.client.first_seen, |c| moment(c.first_seen))}
            {fact(|t| t.client.unread, unread)} {fact(|t| t.client.last_reason, reason)}
        </dl>
    }
    .erase_client_only()
}

fn state(client: &ClientDetail) -> String {
    let texts = &texts().client;
    match (is_here(client), client.last_seen, client.first_seen) {
        (true, ..) => texts.online.to_owned(),
        (false, Some(at), _) => format!("{}, {}", texts.away, formatting::ago(at as f64)),
        (false, None, Some(_)) => texts.away.to_owned(),
        (false, None, None) => texts.never.to_owned(),
    }
}

fn moment(at: Option<u64>) -> String {
    at.map_or_else(|| "\u{2013}".to_owned(), |at| formatting::clock(at as f64))
}

fn unread(client: &ClientDetail) -> String {
    match client.unread {
        0 => texts().client.unread_none.to_owned(),
        n => plural(texts().client.unread_many, n, &[]),
    }
}

/// The reason why its last connection ended, as a text.
fn reason(client: &ClientDetail) -> String {
    match &client.last_reason {
        Some(reason) => close_reason(reason),
        None => "\u{2013}".to_owned(),
    }
}

/// Why a connection ended, as a text.
pub(crate) fn close_reason(reason: &str) -> String {
    let texts = &texts().client;
    let known = match reason {
        "left" => texts.left,
        "lost" => texts.lost,
        "disconnected" => texts.was_disconnected,
        "shutdown" => texts.shutdown,
        "token_expired" => texts.token_expired,
        "key_ended" => texts.key_ended,
        "token_revoked" => texts.token_revoked,
        "log_unreadable" => texts.log_unreadable,
        other => other,
    };
    known.to_owned()
}

/// A warning, if nodes have not answered what they know of the client.
pub(crate) fn client_missing_nodes(client: ErasedSignal<Option<ClientDetail>>) -> AnyView {
    let missing = move || {
        let missing = client.with(|c| c.as_ref().map(|c| c.missing_nodes.clone()));
        missing.unwrap_or_default()
    };
    missing_nodes(missing, |t| t.nodes.missing)
}

/// The open connections. `whole`: with the whole `User-Agent`.
pub(crate) fn client_connections(
    client: ErasedSignal<Option<ClientDetail>>,
    whole: bool,
) -> AnyView {
    let connections = keyed_list(move || {
        let connections = client.with(|c| c.as_ref().map(|c| c.connections.clone()));
        let entry = |connection: ConnectionInfo| {
            let key = format!(
                "{} {} {}",
                connection.node.as_deref().unwrap_or_default(),
                connection.id,
                connection.behind
            );
            ListItem::new(key, move || view_of(&connection, whole))
        };
        connections.into_iter().flatten().map(entry).collect()
    });
    let none = optional_text(move || {
        let none = client.with(|c| c.as_ref().is_some_and(|c| !is_here(c)));
        (none && whole).then(|| texts().client.none_open.to_owned())
    });
    view! {
        <p class="hint">{none}</p>
        <ul class="connections-list" aria-label=tr(|t| t.client.connections)>
            {connections}
        </ul>
    }
    .erase_client_only()
}

fn view_of(connection: &ConnectionInfo, whole: bool) -> AnyView {
    let agent = connection.user_agent.clone().filter(|_| whole);
    let (at, behind) = (connection.since as f64, connection.behind);
    let about = text(move || {
        let texts = &texts().client;
        let since = interpolate(texts.since, &[("clock", &formatting::clock(at))]);
        let place = match behind {
            0 => texts.up_to_date.to_owned(),
            n => plural(texts.behind, n, &[]),
        };
        format!("{since} \u{b7} {place}")
    });
    let tag = |topic: &String| view! { <span class="tag">{outside(topic)}</span> };
    let node = connection.node.clone();
    let node = optional_text(move || {
        let node = node.as_ref()?;
        Some(interpolate(texts().client.at_node, &[("name", node)]))
    });
    view! {
        <li>
            <strong>{origin_text(&connection.remote, connection.user_agent.as_deref())}</strong>
            <span class="hint">{about}</span>
            <span class="hint agent">{outside(agent.unwrap_or_default())}</span>
            <span class="hint">{node}</span>
            <span class="tags">{connection.topics.iter().map(tag).collect::<Vec<_>>()}</span>
        </li>
    }
    .erase_client_only()
}

/// The button asks for confirmation.
fn disconnect(
    id: Signal<String>,
    client: ErasedSignal<Option<ClientDetail>>,
    on_disconnect: Callback<String>,
) -> AnyView {
    let asking = RwSignal::new(false);
    let here = move || client.with(|c| c.as_ref().map_or(0, |c| c.connections.len()));
    let ask = move || {
        view! {
            <button
                type="button"
                class="quiet small danger"
                on:click=on_click(move || asking.set(true))
            >
                {tr(|t| t.client.disconnect)}
            </button>
        }
        .erase_client_only()
    };
    let confirm = move || {
        let about = text(|| texts().client.disconnect_ask.to_owned());
        let act = on_click(move || {
            asking.set(false);
            on_disconnect.run(id.get_untracked());
        });
        question(
            Wording {
                name: about,
                about,
                act: text(move || plural(texts().client.disconnect_do, here() as u64, &[])),
                keep: |t| t.client.keep,
            },
            act,
            on_click(move || asking.set(false)),
        )
    };
    when(
        move || here() > 0,
        move || either(move || asking.get(), confirm, ask),
    )
}
