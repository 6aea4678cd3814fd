//! Entries of the audit trail.

use leptos::prelude::*;

use super::{EraseView, ListItem, audience_text, keyed_list, list_keys, outside_signal, text};
use crate::{
    api::encoded,
    erased_signal::ErasedSignal,
    formatting,
    i18n::{plural, texts},
    wire::{AuditInfo, To},
};

/// The list of entries.
pub(crate) fn audit_list(entries: ErasedSignal<Option<Vec<AuditInfo>>>) -> AnyView {
    let items = keyed_list(move || {
        let item = |entry: &AuditInfo| {
            let shown = entry.clone();
            let id = format!("{} {}", entry.number, entry.count);
            ListItem::new(id, move || row(&shown))
        };
        let all = entries.read();
        all.iter().flatten().map(item).collect()
    });
    view! {
        <ul class="api-keys-list audit" aria-labelledby="audit-title" use:list_keys>
            {items}
        </ul>
    }
    .erase_client_only()
}

fn row(entry: &AuditInfo) -> AnyView {
    let (at, count) = (entry.at as f64, entry.count);
    let name = entry.name.clone();
    let who = text(move || {
        name.clone()
            .unwrap_or_else(|| texts().audit.nobody.to_owned())
    });
    let address = entry.address.clone();
    let is_ok = entry.outcome == "ok";
    let times = text(move || match count {
        1 => String::new(),
        count => plural(texts().audit.times, count, &[]),
    });
    view! {
        <li data-row=entry.number>
            <div class="row">
                <time datetime=formatting::iso(at)>{text(move || formatting::clock(at))}</time>
                <strong title=entry.who.clone()>{outside_signal(who)}</strong>
                <span class="tag plain">{entry.action.clone()}</span>
                {target(entry)}
                <span class=if is_ok { "tag plain" } else { "tag late" }>{entry.outcome.clone()}</span>
                <span class="hint">{times}</span>
                <span class="hint address">{address}</span>
            </div>
        </li>
    }
    .erase_client_only()
}

/// What it was done to, with a link to where it is shown.
fn target(entry: &AuditInfo) -> AnyView {
    let other = [
        &entry.key,
        &entry.token,
        &entry.person,
        &entry.hook,
        &entry.list,
        &entry.template,
        &entry.job,
    ];
    let other = other.into_iter().flatten().next().cloned();
    let link = match (&entry.to, &entry.job) {
        (Some(To::Client(id)), _) => format!("admin/messages?for=client&name={}", encoded(id)),
        (Some(To::Topic(name)), _) => format!("admin/messages?for=topic&name={}", encoded(name)),
        (Some(To::Clients(_)), _) => "admin/messages?for=clients".to_owned(),
        (Some(To::Everyone), _) => "admin/messages?for=everyone".to_owned(),
        (None, Some(job)) => format!("jobs/{job}"),
        (None, None) => String::new(),
    };
    let (to, clients) = (entry.to.clone(), entry.clients);
    let said = text(move || match &to {
        Some(to) => audience_text(to, clients),
        None => other.clone().unwrap_or_default(),
    });
    match link.is_empty() {
        true => view! { <span class="target">{outside_signal(said)}</span> }.erase_client_only(),
        false => view! {
            <a class="target" href=link title=entry.message.clone()>
                {outside_signal(said)}
            </a>
        }
        .erase_client_only(),
    }
}
