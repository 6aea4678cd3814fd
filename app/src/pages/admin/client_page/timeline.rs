//! What has happened to a client, newest first, and what waits for it. Only what the log and the audit trail know.

use leptos::prelude::*;

use super::history::ClientHistory;
use crate::{
    components::{
        EraseView, ListItem, beginning, close_reason, keyed_list, on_click, optional_text,
        origin_text, outside_data, outside_signal, receipt_text, static_text, text, when,
    },
    erased_signal::ErasedSignal,
    formatting,
    i18n::{interpolate, plural, texts, tr},
    wire::{AuditInfo, ClientDetail, MessageInfo, Receipt},
};

/// Something that has happened.
#[derive(Clone, Debug)]
enum Event {
    /// It was connected for the first time.
    FirstSeen,
    /// A connection that is still open was opened: from where.
    Connected(String),
    /// Its last connection ended, for this reason.
    Gone(Option<String>),
    /// A message was pushed, by somebody.
    Message(Box<MessageInfo>, Option<String>),
    /// Something that is in the audit trail.
    Done(Box<AuditInfo>),
}

/// All that is known, newest first.
fn events(history: ClientHistory, client: ErasedSignal<Option<ClientDetail>>) -> Vec<(u64, Event)> {
    let mut events = Vec::new();
    let entries = history.entries.read();
    let messages = history.messages.read();
    for message in messages.iter() {
        events.push((message.at, Event::Message(Box::new(message.clone()), None)));
    }
    // While there are older messages, what is before the last one that is loaded would be out of its place.
    let oldest = messages.last().filter(|_| history.next.get().is_some());
    let oldest = oldest.map_or(0, |message| message.at);
    let others = entries.iter().filter(|entry| entry.action != "push");
    for entry in others {
        events.push((entry.at, Event::Done(Box::new(entry.clone()))));
    }
    if let Some(client) = client.read().as_ref() {
        for one in &client.connections {
            let from = origin_text(&one.remote, one.user_agent.as_deref());
            events.push((one.since, Event::Connected(from)));
        }
        if let Some(at) = client.last_seen {
            events.push((at, Event::Gone(client.last_reason.clone())));
        }
        if let Some(at) = client.first_seen {
            events.push((at, Event::FirstSeen));
        }
    }
    events.retain(|(at, _)| *at >= oldest);
    events.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    events
}

/// The timeline.
pub(super) fn view(history: ClientHistory, client: ErasedSignal<Option<ClientDetail>>) -> AnyView {
    let rows = keyed_list(move || {
        let row = |(at, event): (u64, Event)| {
            let key = key(at, &event);
            ListItem::new(key, move || row(history, at, &event))
        };
        events(history, client).into_iter().map(row).collect()
    });
    let older = move || {
        view! {
            <button
                type="button"
                class="quiet small"
                on:click=on_click(move || history.load_older())
            >
                {tr(|t| t.client.older)}
            </button>
        }
        .erase_client_only()
    };
    let session = history.session;
    let limits = text(move || match session.may("manage") {
        true => texts().client.timeline_about.to_owned(),
        false => texts().client.timeline_without_audit.to_owned(),
    });
    view! {
        <section class="card" aria-labelledby="timeline-title">
            <h2 id="timeline-title">{tr(|t| t.client.timeline)}</h2>
            <p class="hint">{limits}</p>
            <p class="field-note">{history.wrong}</p>
            <ol class="timeline" aria-labelledby="timeline-title">
                {rows}
            </ol>
            {when(move || history.next.get().is_some(), older)}
        </section>
    }
    .erase_client_only()
}

/// The messages that wait, oldest first, as far as they are loaded.
pub(super) fn inbox(history: ClientHistory) -> AnyView {
    let waiting = move || {
        let messages = history.messages.get().into_iter().rev();
        messages.filter(|one| one.receipt == Some(Receipt::Queued))
    };
    let rows = keyed_list(move || {
        let row = |message: MessageInfo| {
            let at = message.at;
            ListItem::new(message.id.clone(), move || {
                row(
                    history,
                    at,
                    &Event::Message(Box::new(message.clone()), None),
                )
            })
        };
        waiting().map(row).collect()
    });
    let about = optional_text(move || {
        let texts = &texts().client;
        match (waiting().count() as u64, history.next.get()) {
            (0, None) if history.loaded.get() => Some(texts.inbox_empty.to_owned()),
            (n, Some(_)) => Some(plural(texts.inbox_more, n, &[])),
            _ => None,
        }
    });
    view! {
        <section class="card" aria-labelledby="inbox-title">
            <h2 id="inbox-title">{tr(|t| t.client.inbox)}</h2>
            <p class="hint">{about}</p>
            <ol class="timeline" aria-labelledby="inbox-title">
                {rows}
            </ol>
        </section>
    }
    .erase_client_only()
}

/// What makes a row another one.
fn key(at: u64, event: &Event) -> String {
    match event {
        // What becomes of it changes within its row.
        Event::Message(message, _) => message.id.clone(),
        Event::Done(entry) => format!("audit {} {}", entry.number, entry.count),
        other => format!("{at} {other:?}"),
    }
}

fn row(history: ClientHistory, at: u64, event: &Event) -> AnyView {
    let at = at as f64;
    let time = text(move || formatting::clock(at));
    let shown = StoredValue::new(event.clone());
    let now = move || match shown.get_value() {
        Event::Message(message, _) => message_now(history, *message),
        other => other,
    };
    let said = text(move || said(&now()));
    let class = static_text(move || match now() {
        Event::Message(message, _) => match message.receipt {
            Some(Receipt::Acknowledged | Receipt::Sent) => "got",
            Some(Receipt::Queued) | None => "waits",
            Some(_) => "missed",
        },
        Event::Done(_) => "done",
        _ => "presence-change",
    });
    let detail = match event {
        Event::Message(message, _) => beginning(message.data.get()),
        _ => String::new(),
    };
    view! {
        <li class=class>
            <time datetime=formatting::iso(at)>{time}</time>
            <div>
                <p>{outside_signal(said)}</p>
                <p class="excerpt">{outside_data(detail)}</p>
            </div>
        </li>
    }
    .erase_client_only()
}

/// A message as it is known now, and who has pushed it.
fn message_now(history: ClientHistory, message: MessageInfo) -> Event {
    let messages = history.messages.read();
    let newest = messages.iter().find(|one| one.id == message.id);
    let newest = newest.cloned().unwrap_or(message);
    let entries = history.entries.read();
    let is_push =
        |entry: &&AuditInfo| entry.action == "push" && entry.message.as_ref() == Some(&newest.id);
    let by = entries.iter().find(is_push);
    let by = by.and_then(|entry| entry.name.clone());
    Event::Message(Box::new(newest), by)
}

/// An event as a sentence.
fn said(event: &Event) -> String {
    let texts = &texts().client;
    match event {
        Event::FirstSeen => texts.was_first_seen.to_owned(),
        Event::Connected(from) => interpolate(texts.came, &[("from", from)]),
        Event::Gone(None) => texts.went.to_owned(),
        Event::Gone(Some(reason)) => {
            interpolate(texts.went_because, &[("why", &close_reason(reason))])
        }
        Event::Message(message, by) => {
            let what = match by {
                Some(by) => interpolate(texts.pushed_by, &[("who", by)]),
                None => texts.pushed.to_owned(),
            };
            let receipt = message.receipt.map(receipt_text);
            let parts = [Some(what.as_str()), message.event.as_deref(), receipt];
            parts
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(" \u{b7} ")
        }
        Event::Done(entry) => {
            let who = entry.name.as_deref().or(entry.who.as_deref());
            let who = who.unwrap_or(self::texts().audit.nobody);
            let parts = [entry.action.as_str(), who, entry.outcome.as_str()];
            parts.join(" \u{b7} ")
        }
    }
}
