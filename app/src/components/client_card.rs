//! All that is known of one client.

use leptos::prelude::*;

use crate::{
    api::encoded,
    components::{CopyButton, Entry, IntoPart, either, list, place, press, text, when, word},
    figures,
    held::Held,
    wire::{ClientDetail, ConnectionInfo},
    words::{Words, count, fill, say, words},
};

/// The client, connected or not, and what to do about it.
#[component]
pub fn ClientCard(
    /// Who.
    id: Signal<String>,
    /// What is known; none: not yet.
    client: Held<Option<ClientDetail>>,
    /// Why nothing can be known.
    wrong: Signal<Option<String>>,
    /// What came of the last thing that was done to it.
    note: Signal<Option<String>>,
    /// The person wants its connections closed.
    on_disconnect: Callback<String>,
    /// The person has seen enough.
    on_close: Callback<()>,
) -> impl IntoView {
    let class = word(
        move || match client.with(|c| c.as_ref().is_some_and(is_here)) {
            true => "presence here",
            false => "presence",
        },
    );
    let push = text(move || format!("/admin/push?client={}", encoded(&id.get())));
    let messages = text(move || format!("/admin/messages?for=client&name={}", encoded(&id.get())));
    view! {
        <section class="card detail-card" aria-labelledby="client-title">
            <div class="section-head">
                <span class=class aria-hidden="true"></span>
                <h2 id="client-title" class="code">
                    {id}
                </h2>
                <CopyButton text=id what=say(|w| w.client.the_id) />
                <button
                    type="button"
                    class="quiet small"
                    data-escape=""
                    on:click=press(move || on_close.run(()))
                >
                    {say(|w| w.client.close)}
                </button>
            </div>
            <p class="field-note">{wrong}</p>
            {facts(client)}
            {connections(client)}
            <div class="row">
                <a class="button small" href=push>
                    {say(|w| w.client.push)}
                </a>
                <a class="button small" href=messages>
                    {say(|w| w.client.messages)}
                </a>
                {disconnect(id, client, on_disconnect)}
            </div>
            <p class="note" role="status">
                {note}
            </p>
        </section>
    }
    .fresh()
}

fn is_here(client: &ClientDetail) -> bool {
    !client.connections.is_empty()
}

fn facts(client: Held<Option<ClientDetail>>) -> AnyView {
    let fact = move |name: fn(&Words) -> &'static str, value: fn(&ClientDetail) -> String| {
        let value = text(move || client.with(|c| c.as_ref().map(value).unwrap_or_default()));
        view! {
            <div>
                <dt>{say(name)}</dt>
                <dd>{value}</dd>
            </div>
        }
        .fresh()
    };
    view! {
        <dl class="facts">
            {fact(|w| w.client.state, state)}
            {fact(|w| w.client.first_seen, |c| moment(c.first_seen))}
            {fact(|w| w.client.unread, unread)} {fact(|w| w.client.last_reason, reason)}
        </dl>
    }
    .fresh()
}

fn state(client: &ClientDetail) -> String {
    let words = &words().client;
    match (is_here(client), client.last_seen, client.first_seen) {
        (true, ..) => words.online.to_owned(),
        (false, Some(at), _) => format!("{}, {}", words.away, figures::ago(at as f64)),
        (false, None, Some(_)) => words.away.to_owned(),
        (false, None, None) => words.never.to_owned(),
    }
}

fn moment(at: Option<u64>) -> String {
    at.map_or_else(|| "\u{2013}".to_owned(), |at| figures::clock(at as f64))
}

fn unread(client: &ClientDetail) -> String {
    match client.unread {
        0 => words().client.unread_none.to_owned(),
        n => count(words().client.unread_many, n, &[]),
    }
}

/// Why its last connection ended, as people say it.
fn reason(client: &ClientDetail) -> String {
    let words = &words().client;
    let Some(reason) = &client.last_reason else {
        return "\u{2013}".to_owned();
    };
    let known = match reason.as_str() {
        "left" => words.left,
        "lost" => words.lost,
        "disconnected" => words.was_disconnected,
        "shutdown" => words.shutdown,
        "token_expired" => words.token_expired,
        "log_unreadable" => words.log_unreadable,
        other => other,
    };
    known.to_owned()
}

fn connections(client: Held<Option<ClientDetail>>) -> AnyView {
    let connections = list(move || {
        let connections = client.with(|c| c.as_ref().map(|c| c.connections.clone()));
        let entry = |connection: ConnectionInfo| {
            let key = format!("{} {}", connection.id, connection.behind);
            Entry::new(key, move || view_of(&connection))
        };
        connections.into_iter().flatten().map(entry).collect()
    });
    view! {
        <ul class="connections-list" aria-label=say(|w| w.client.connections)>
            {connections}
        </ul>
    }
    .fresh()
}

fn view_of(connection: &ConnectionInfo) -> AnyView {
    let (at, behind) = (connection.since as f64, connection.behind);
    let about = text(move || {
        let words = &words().client;
        let since = fill(words.since, &[("clock", &figures::clock(at))]);
        let place = match behind {
            0 => words.up_to_date.to_owned(),
            n => count(words.behind, n, &[]),
        };
        format!("{since} \u{b7} {place}")
    });
    let tag = |topic: &String| view! { <span class="tag">{topic.clone()}</span> };
    view! {
        <li>
            <strong>{place(&connection.remote, connection.user_agent.as_deref())}</strong>
            <span class="hint">{about}</span>
            <span class="tags">{connection.topics.iter().map(tag).collect::<Vec<_>>()}</span>
        </li>
    }
    .fresh()
}

/// The button asks before it does anything.
fn disconnect(
    id: Signal<String>,
    client: Held<Option<ClientDetail>>,
    on_disconnect: Callback<String>,
) -> AnyView {
    let asking = RwSignal::new(false);
    let here = move || client.with(|c| c.as_ref().map_or(0, |c| c.connections.len()));
    let ask = move || {
        view! {
            <button
                type="button"
                class="quiet small danger"
                on:click=press(move || asking.set(true))
            >
                {say(|w| w.client.disconnect)}
            </button>
        }
        .fresh()
    };
    let question = move || {
        let label = text(move || count(words().client.disconnect_do, here() as u64, &[]));
        let act = press(move || {
            asking.set(false);
            on_disconnect.run(id.get_untracked());
        });
        view! {
            <div class="question" role="alertdialog" aria-labelledby="disconnect-question">
                <p id="disconnect-question">{say(|w| w.client.disconnect_ask)}</p>
                <div class="row">
                    <button type="button" class="small danger" on:click=act>
                        {label}
                    </button>
                    <button
                        type="button"
                        class="quiet small"
                        data-escape=""
                        on:click=press(move || asking.set(false))
                    >
                        {say(|w| w.client.keep)}
                    </button>
                </div>
            </div>
        }
        .fresh()
    };
    when(
        move || here() > 0,
        move || either(move || asking.get(), question, ask),
    )
}
