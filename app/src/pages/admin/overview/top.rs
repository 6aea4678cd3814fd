//! The busiest topics and clients, why streams have ended, and what was refused: small tables with bars.

use leptos::prelude::*;

use super::Overview;
use crate::{
    api::encoded,
    components::{EraseView, ListItem, close_reason, keyed_list, optional_text, outside},
    formatting,
    i18n::{Texts, texts, tr},
    wire::{NamedCount, StatsTop, TopEntry},
};

/// Rows of a table of reasons or codes.
const LISTED: usize = 10;

/// The width of a bar in the units of its picture.
const WIDTH: u64 = 1_000;

/// A table: its id, its title, what its numbers are, and its rows.
struct Table {
    id: &'static str,
    title: fn(&Texts) -> &'static str,
    unit: fn(&Texts) -> &'static str,
    rows: fn(&StatsTop) -> Vec<Row>,
}

/// A row: what is counted, a link to what is known of it, and the count.
#[derive(Clone)]
struct Row {
    name: String,
    link: Option<String>,
    count: u64,
    /// Whether the count is an estimate.
    about: bool,
}

const TABLES: [Table; 4] = [
    Table {
        id: "top-topics",
        title: |t| t.overview.top_topics,
        unit: |t| t.overview.count_deliveries,
        rows: |top| entries(&top.topics, topic_link),
    },
    Table {
        id: "top-clients",
        title: |t| t.overview.top_clients,
        unit: |t| t.overview.count_deliveries,
        rows: |top| {
            entries(&top.clients, |id| {
                format!("admin/client?id={}", encoded(id))
            })
        },
    },
    Table {
        id: "top-closes",
        title: |t| t.overview.top_closes,
        unit: |t| t.overview.count_streams,
        rows: |top| counts(&top.closes, close_reason, |_| None),
    },
    Table {
        id: "top-errors",
        title: |t| t.overview.top_errors,
        unit: |t| t.overview.count_requests,
        rows: |top| {
            counts(&top.errors, str::to_owned, |code| {
                Some(format!("docs#{code}"))
            })
        },
    },
];

/// Where the messages to a topic are. A pattern has no messages, but subscribers.
pub(super) fn topic_link(topic: &str) -> String {
    match topic
        .split('/')
        .any(|segment| matches!(segment, "*" | "**"))
    {
        true => format!("admin/clients?topic={}", encoded(topic)),
        false => format!("admin/messages?for=topic&name={}", encoded(topic)),
    }
}

fn entries(entries: &[TopEntry], link: fn(&str) -> String) -> Vec<Row> {
    let row = |entry: &TopEntry| Row {
        link: Some(link(&entry.name)),
        name: entry.name.clone(),
        count: entry.deliveries,
        about: entry.uncertain > 0,
    };
    entries.iter().map(row).collect()
}

fn counts(
    counts: &[NamedCount],
    name: fn(&str) -> String,
    link: fn(&str) -> Option<String>,
) -> Vec<Row> {
    let row = |count: &NamedCount| Row {
        name: name(&count.name),
        link: link(&count.name),
        count: count.count,
        about: false,
    };
    counts.iter().take(LISTED).map(row).collect()
}

/// The tables.
pub(super) fn view(overview: Overview) -> AnyView {
    let tables = TABLES.iter().map(|of| table(overview, of));
    view! { <div class="tops">{tables.collect_view()}</div> }.erase()
}

fn table(overview: Overview, of: &'static Table) -> AnyView {
    let rows = move || overview.top.with(|top| top.as_ref().map(of.rows));
    let nothing = optional_text(move || {
        let none = rows().is_some_and(|rows| rows.is_empty());
        none.then(|| texts().overview.none_yet.to_owned())
    });
    let items = keyed_list(move || {
        let rows = rows().unwrap_or_default();
        let most = rows.iter().map(|row| row.count).max().unwrap_or_default();
        let item = |row: Row| {
            let key = format!("{} {} {most}", row.name, row.count);
            ListItem::new(key, move || line(&row, most))
        };
        rows.into_iter().map(item).collect()
    });
    view! {
        <section class="card top" aria-labelledby=of.id>
            <h2 id=of.id>{tr(of.title)}</h2>
            <table aria-labelledby=of.id>
                <thead class="unseen">
                    <tr>
                        <th scope="col">{tr(|t| t.overview.name)}</th>
                        <th scope="col">{tr(of.unit)}</th>
                    </tr>
                </thead>
                <tbody>{items}</tbody>
            </table>
            <p class="nothing">{nothing}</p>
        </section>
    }
    .erase()
}

fn line(row: &Row, most: u64) -> AnyView {
    let Row {
        name,
        link,
        count,
        about,
    } = row.clone();
    let sign = if about { "~" } else { "" };
    let width = (count * WIDTH).checked_div(most).unwrap_or(0).to_string();
    let name = match link {
        Some(link) => {
            let external = link.starts_with("docs").then_some("external");
            view! {
                <a href=link rel=external>
                    {outside(name)}
                </a>
            }
            .erase_client_only()
        }
        None => view! { <span>{outside(name)}</span> }.erase_client_only(),
    };
    view! {
        <tr>
            <th scope="row">
                {name}
                <svg class="share" viewBox="0 0 1000 1" preserveAspectRatio="none" aria-hidden="true">
                    <rect x="0" y="0" width=width height="1" />
                </svg>
            </th>
            <td>{format!("{sign}{}", formatting::number(count))}</td>
        </tr>
    }
    .erase_client_only()
}
