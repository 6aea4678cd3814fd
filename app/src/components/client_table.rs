//! Who is connected: a row for each client. On a narrow screen each row is a card.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    components::{Entry, IntoPart, aria, list, press, when, word},
    figures, roster,
    wire::ClientInfo,
};

/// The clients, each with what can be done about it.
#[component]
pub fn ClientTable(
    /// Whom to show, in this order.
    clients: Signal<Vec<Arc<ClientInfo>>>,
    /// Whom the push form names.
    picked: Signal<Vec<String>>,
    /// The person wants to know all about this one.
    on_look: Callback<String>,
    /// The person wants to push to this one.
    on_pick: Callback<String>,
    /// The person wants its connections closed.
    on_disconnect: Callback<String>,
) -> impl IntoView {
    let rows = list(move || {
        let entry = |client: Arc<ClientInfo>| {
            let key = format!("{} {}", client.version, client.client_id);
            Entry::new(key, move || {
                row(&client, picked, on_look, on_pick, on_disconnect)
            })
        };
        clients.get().into_iter().map(entry).collect()
    });
    view! {
        <table class="clients" role="table" aria-label="Connected clients">
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">
                        "Client"
                    </th>
                    <th role="columnheader" scope="col">
                        "Topics"
                    </th>
                    <th role="columnheader" scope="col">
                        "Connections"
                    </th>
                    <th role="columnheader" scope="col">
                        "Since"
                    </th>
                    <th role="columnheader" scope="col">
                        "From"
                    </th>
                    <th role="columnheader" scope="col">
                        <span class="unseen">"Actions"</span>
                    </th>
                </tr>
            </thead>
            <tbody role="rowgroup">
                {rows}
            </tbody>
        </table>
    }
    .part()
}

fn row(
    client: &ClientInfo,
    picked: Signal<Vec<String>>,
    on_look: Callback<String>,
    on_pick: Callback<String>,
    on_disconnect: Callback<String>,
) -> AnyView {
    let id = client.client_id.clone();
    let is_picked = {
        let id = id.clone();
        move || picked.with(|picked| picked.contains(&id))
    };
    let row_class = {
        let is_picked = is_picked.clone();
        word(move || if is_picked() { "picked" } else { "" })
    };
    let here = !client.connections.is_empty();
    let (when_label, since) = match here {
        true => ("Since", roster::since(client)),
        false => ("Last seen", client.last_seen.unwrap_or_default()),
    };
    let (since, known) = (since as f64, since > 0);
    let (look, pick, close) = (id.clone(), id.clone(), id.clone());
    let disconnect = {
        let id = id.clone();
        move || {
            let close = close.clone();
            view! {
                <button
                    type="button"
                    class="quiet small danger"
                    aria-label=format!("Disconnect {id}")
                    on:click=press(move || on_disconnect.run(close.clone()))
                >
                    "Disconnect"
                </button>
            }
            .fresh()
        }
    };
    view! {
        <tr role="row" class=row_class>
            <th role="rowheader" scope="row" class="who">
                <button
                    type="button"
                    class="plain"
                    aria-label=format!("About {id}")
                    on:click=press(move || on_look.run(look.clone()))
                >
                    <code>{id.clone()}</code>
                </button>
            </th>
            <td role="cell" data-label="Topics" class="topics">
                {topics(client)}
            </td>
            <td role="cell" data-label="Connections" class="connections">
                {client.connections.len()}
            </td>
            <td role="cell" data-label=when_label class="since">
                <time datetime=known.then(|| figures::iso(since))>
                    {known.then(|| figures::clock(since))}
                </time>
                <span class="nothing">{(!here).then_some("away")}</span>
            </td>
            <td role="cell" data-label="From" class="from">
                {origins(client)}
            </td>
            <td role="cell" class="actions">
                <button
                    type="button"
                    class="quiet small"
                    aria-label=format!("Push to {id}")
                    aria-pressed=aria(is_picked)
                    on:click=press(move || on_pick.run(pick.clone()))
                >
                    "Push"
                </button>
                {when(move || here, disconnect)}
            </td>
        </tr>
    }
    .fresh()
}

fn topics(client: &ClientInfo) -> AnyView {
    let mut topics: Vec<&String> = client.connections.iter().flat_map(|c| &c.topics).collect();
    topics.sort_unstable();
    topics.dedup();
    let tag = |topic: &String| view! { <span class="tag">{topic.clone()}</span> };
    let tags: Vec<_> = topics.into_iter().map(tag).collect();
    let none = tags.is_empty().then_some("none");
    view! {
        <span class="tags">{tags}</span>
        <span class="nothing">{none}</span>
    }
    .fresh()
}

/// Where its connections come from, each place once.
fn origins(client: &ClientInfo) -> AnyView {
    let mut places: Vec<String> = Vec::new();
    for connection in &client.connections {
        let agent = connection.user_agent.as_deref().map(agent_in_short);
        let place = match agent {
            Some(agent) => format!("{} \u{b7} {agent}", host(&connection.remote)),
            None => host(&connection.remote).to_owned(),
        };
        if !places.contains(&place) {
            places.push(place);
        }
    }
    let place = |place: String| view! { <span class="place">{place}</span> };
    places.into_iter().map(place).collect::<Vec<_>>().fresh()
}

/// An address without its port, which says nothing to people.
fn host(address: &str) -> &str {
    match address.rsplit_once(':') {
        // A bare IPv6 address has colons and no port.
        Some((host, _)) if !host.contains(':') || host.ends_with(']') => host,
        _ => address,
    }
}

/// What people call the program behind a `User-Agent`; its first word where it is no browser.
fn agent_in_short(user_agent: &str) -> &str {
    // Browsers name the ones that they want to be taken for, so the order matters.
    let known = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrom", "Chrome"),
        ("Safari/", "Safari"),
    ];
    let browser = known.iter().find(|(mark, _)| user_agent.contains(mark));
    match browser {
        Some((_, name)) => name,
        None => user_agent.split([' ', '/']).next().unwrap_or(user_agent),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_is_called_what_people_call_it() {
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
        assert_eq!(agent_in_short(chrome), "Chrome");
        assert_eq!(agent_in_short(&format!("{chrome} Edg/140.0")), "Edge");
        assert_eq!(agent_in_short("curl/8.5.0"), "curl");
    }

    #[test]
    fn a_place_is_shown_without_its_port() {
        assert_eq!(host("127.0.0.1:49498"), "127.0.0.1");
        assert_eq!(host("[::1]:49498"), "[::1]");
        assert_eq!(host("2001:db8::7"), "2001:db8::7");
        assert_eq!(host("203.0.113.9"), "203.0.113.9");
    }
}
