//! All that is known of one client.

use leptos::prelude::*;

use crate::{
    components::{Entry, IntoPart, list, press, text},
    figures,
    wire::{ClientDetail, ConnectionInfo},
};

/// The client, connected or not, and what to do about it.
#[component]
pub fn ClientCard(
    /// Who; none: nobody has been looked at.
    client: RwSignal<Option<ClientDetail>>,
    /// The person wants to push to it.
    on_pick: Callback<String>,
    /// The person wants to see what was pushed to it.
    on_history: Callback<String>,
) -> impl IntoView {
    let id =
        text(move || client.with(|c| c.as_ref().map(|c| c.client_id.clone()).unwrap_or_default()));
    let about = text(move || client.with(|client| client.as_ref().map(about).unwrap_or_default()));
    let connections = list(move || {
        let connections = client.with(|c| c.as_ref().map(|c| c.connections.clone()));
        let entry = |connection: ConnectionInfo| {
            let words = connection_in_words(&connection);
            Entry::new(format!("{} {words}", connection.id), move || {
                view! { <li>{words.clone()}</li> }.fresh()
            })
        };
        connections.into_iter().flatten().map(entry).collect()
    });
    view! {
        <section class="card" aria-labelledby="client-title">
            <div class="section-head">
                <h2 id="client-title">
                    <code>{id}</code>
                </h2>
                <button
                    type="button"
                    class="quiet small"
                    on:click=press(move || on_pick.run(id.get_untracked()))
                >
                    "Push to it"
                </button>
                <button
                    type="button"
                    class="quiet small"
                    on:click=press(move || on_history.run(id.get_untracked()))
                >
                    "Its messages"
                </button>
                <button type="button" class="quiet small" on:click=press(move || client.set(None))>
                    "Close"
                </button>
            </div>
            <p>{about}</p>
            <ul class="hint" aria-label="Connections">
                {connections}
            </ul>
        </section>
    }
    .fresh()
}

fn about(client: &ClientDetail) -> String {
    let clock = |at: u64| figures::clock(at as f64);
    let mut words = match (client.connections.len(), client.last_seen) {
        (0, Some(at)) => format!("Away, last seen {}", clock(at)),
        (0, None) => "It has never been here".to_owned(),
        _ => "Online".to_owned(),
    };
    if let Some(reason) = &client.last_reason {
        words.push_str(&format!(" (last connection: {reason})"));
    }
    if let Some(at) = client.first_seen {
        words.push_str(&format!(", first seen {}", clock(at)));
    }
    words.push_str(&match client.unread {
        0 => ". Nothing waits for it.".to_owned(),
        1 => ". 1 message is unread.".to_owned(),
        n => format!(". {n} messages are unread."),
    });
    words
}

fn connection_in_words(connection: &ConnectionInfo) -> String {
    let ConnectionInfo {
        remote,
        since,
        topics,
        behind,
        ..
    } = connection;
    let mut words = format!("{remote}, since {}", figures::clock(*since as f64));
    if !topics.is_empty() {
        words.push_str(&format!(", hears {}", topics.join(" ")));
    }
    match behind {
        0 => words.push_str(", up to date"),
        n => words.push_str(&format!(", {n} behind")),
    }
    words
}
