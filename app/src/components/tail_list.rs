//! The rows of the live tail.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    api::encoded,
    components::{
        EraseView, ListItem, audience_text, beginning, either, keyed_list, on_click, optional_text,
        outside, outside_signal, text, when,
    },
    erased_signal::ErasedSignal,
    formatting,
    i18n::{interpolate, plural, texts, tr},
    live_tail::{LiveTail, Missed, TailLine, TailRow},
    wire::MessageInfo,
};

/// What can be done with the tail.
#[derive(Clone, Copy)]
pub(crate) struct TailActions {
    /// Pause it, or go on.
    pub(crate) pause: Callback<()>,
    /// Drop all rows.
    pub(crate) clear: Callback<()>,
}

/// The buttons and the rows.
pub(crate) fn tail_list(tail: ErasedSignal<LiveTail>, actions: TailActions) -> AnyView {
    let is_paused = move || tail.with(|tail| tail.arrived().is_some());
    let label = text(move || match is_paused() {
        true => texts().tail.go_on.to_owned(),
        false => texts().tail.pause.to_owned(),
    });
    let arrived = optional_text(move || {
        let arrived = tail.with(LiveTail::arrived)?;
        Some(plural(texts().tail.paused, arrived, &[]))
    });
    let paused = move || view! { <p class="meanwhile">{arrived}</p> }.erase_client_only();
    let bounded = optional_text(move || {
        let most = LiveTail::MAX_ROWS as u64;
        let is_full = tail.with(LiveTail::is_full);
        is_full.then(|| plural(texts().tail.bounded, most, &[]))
    });
    let empty = move || {
        view! {
            <div class="empty">
                <p class="title">{tr(|t| t.tail.waiting)}</p>
                <p>{tr(|t| t.tail.waiting_about)}</p>
            </div>
        }
        .erase()
    };
    let rows = move || {
        let rows = keyed_list(move || {
            let item = |row: &Arc<TailRow>| {
                let row = Arc::clone(row);
                ListItem::new(row.number, move || entry(&row))
            };
            tail.with(|tail| tail.rows().map(item).collect())
        });
        view! {
            <ol class="tail" aria-labelledby="tail-title">
                {rows}
            </ol>
            <p class="hint">{bounded}</p>
        }
        .erase_client_only()
    };
    let is_empty = move || tail.with(|tail| tail.rows().next().is_none());
    view! {
        <div class="row">
            <button type="button" class="small" on:click=on_click(move || actions.pause.run(()))>
                {label}
                " "
                <kbd aria-hidden="true">"p"</kbd>
            </button>
            <button type="button" class="quiet small" on:click=on_click(move || actions.clear.run(()))>
                {tr(|t| t.tail.clear)}
            </button>
        </div>
        {when(is_paused, paused)}
        {either(is_empty, empty, rows)}
    }
    .erase()
}

fn entry(row: &TailRow) -> AnyView {
    let at = row.at;
    match &row.line {
        TailLine::Message(message) => entry_of_message(message),
        TailLine::Lost => notice(at, || texts().tail.lost.to_owned()),
        TailLine::Back(missed) => {
            let missed = missed.clone();
            notice(at, move || missed_text(&missed))
        }
    }
}

fn entry_of_message(message: &Arc<MessageInfo>) -> AnyView {
    let at = message.at as f64;
    let (to, clients) = (message.to.clone(), message.clients);
    let to = text(move || audience_text(&to, clients));
    let is_kept = !message.id.is_empty();
    let there = format!("admin/messages?message={}", encoded(&message.id));
    let clock = move || text(move || formatting::clock(at));
    let time = move || {
        let time = view! { <time datetime=formatting::iso(at)>{clock()}</time> };
        time.erase_client_only()
    };
    let link = move || view! { <a href=there.clone()>{time()}</a> }.erase_client_only();
    let (counts, n) = (clients.is_none(), message.receipts.audience);
    let reach = optional_text(move || counts.then(|| plural(texts().tail.connections, n, &[])));
    let not_kept = optional_text(move || (!is_kept).then(|| texts().tail.not_kept.to_owned()));
    view! {
        <li>
            <span class="time">{either(move || is_kept, link, time)}</span>
            <span class="to">{outside_signal(to)}</span>
            <span class="kind">
                <span class="tag">{outside(message.event.as_deref().unwrap_or_default())}</span>
                <span class="tag plain">{not_kept}</span>
            </span>
            <span class="text">{outside(beginning(message.data.get()))}</span>
            <span class="fate">{reach}</span>
        </li>
    }
    .erase_client_only()
}

/// A line about the stream itself.
fn notice(at: f64, said: impl Fn() -> String + Send + Sync + 'static) -> AnyView {
    view! {
        <li class="notice-line">
            <span class="time">
                <time datetime=formatting::iso(at)>{text(move || formatting::clock(at))}</time>
            </span>
            <span class="said">{text(said)}</span>
        </li>
    }
    .erase_client_only()
}

fn missed_text(missed: &Missed) -> String {
    let texts = &texts().tail;
    let said = match missed {
        Missed::Listed(0) => texts.back_none.to_owned(),
        Missed::Listed(n) => plural(texts.back_some, *n, &[]),
        Missed::More => texts.back_many.to_owned(),
        Missed::Unknown(why) => interpolate(texts.not_known, &[("why", why)]),
    };
    format!("{said} {}", texts.not_stored)
}
