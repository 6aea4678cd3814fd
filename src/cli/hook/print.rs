//! Prints webhooks and their deliveries.

use std::io::{self, Write};

use app::wire::{HookDeliveries, HookDelivery, HookInfo, HooksList, NewHook};
use serde::Serialize;

use crate::cli::{print_note, table};
use crate::timestamp;

/// The headings of the list of webhooks.
const HOOKS: [&str; 6] = ["ID", "NAME", "STATE", "WAITING", "URL", "EVENTS"];

/// The headings of the list of deliveries.
const DELIVERIES: [&str; 7] = ["EVENT", "ABOUT", "OUTCOME", "STATUS", "MS", "TRIES", "ID"];

/// Prints the secret of a webhook to stdout, and the rest to stderr: so the secret can be stored by a redirection.
pub fn print_new_hook(hook: &NewHook, json: bool) -> anyhow::Result<()> {
    if json {
        return print_json(hook);
    }
    let info = &hook.info;
    print_note(format_args!(
        "{}: {} to {}",
        info.id,
        info.events.join(", "),
        info.url
    ));
    if let Some(key) = &info.public_key {
        print_note(format_args!("the receiver verifies signatures with {key}"));
    }
    if let Some(until) = info.previous_until.map(timestamp::of) {
        print_note(format_args!("the secret before signs too until {until}"));
    }
    print_note("store the secret now, it is not shown again:");
    writeln!(io::stdout().lock(), "{}", hook.secret)?;
    Ok(())
}

/// Prints one webhook.
pub fn print_hook(hook: &HookInfo, json: bool) -> anyhow::Result<()> {
    if json {
        return print_json(hook);
    }
    let list = |texts: &[String]| (!texts.is_empty()).then(|| texts.join(", "));
    let facts = [
        ("id", Some(hook.id.clone())),
        (
            "name",
            Some(hook.name.clone()).filter(|name| !name.is_empty()),
        ),
        ("url", Some(hook.url.clone())),
        ("events", list(&hook.events)),
        ("clients", list(&hook.filter.clients)),
        ("topics", list(&hook.filter.topics)),
        ("state", Some(hook.state.clone())),
        ("why", hook.reason.clone()),
        ("failing since", hook.failing_since.map(timestamp::of)),
        ("next attempt", hook.retry_at.map(timestamp::of)),
        ("paused since", hook.paused_at.map(timestamp::of)),
        ("waiting", Some(hook.waiting.to_string())),
        ("lost", (hook.lost > 0).then(|| hook.lost.to_string())),
        ("made", Some(timestamp::of(hook.created_at))),
        ("signing", Some(hook.signing.clone())),
        ("public key", hook.public_key.clone()),
        (
            "secret before signs until",
            hook.previous_until.map(timestamp::of),
        ),
    ];
    let mut out = io::stdout().lock();
    for (name, value) in facts {
        if let Some(value) = value {
            writeln!(out, "{name}: {value}")?;
        }
    }
    Ok(())
}

/// Prints a table of webhooks.
pub fn print_hooks(list: &HooksList, json: bool) -> anyhow::Result<()> {
    if json {
        return print_json(&list.hooks);
    }
    let row = |hook: &HookInfo| {
        [
            hook.id.clone(),
            hook.name.clone(),
            hook.state.clone(),
            hook.waiting.to_string(),
            hook.url.clone(),
            hook.events.join(","),
        ]
    };
    table::print(&mut io::stdout().lock(), HOOKS, list.hooks.iter().map(row))?;
    Ok(())
}

/// Prints a table of deliveries.
pub fn print_deliveries(page: &HookDeliveries, json: bool) -> anyhow::Result<()> {
    if json {
        return print_json(page);
    }
    let number = |number: Option<u64>| number.map_or_else(String::new, |number| number.to_string());
    let row = |delivery: &HookDelivery| {
        let about = delivery.client_id.as_ref().or(delivery.topic.as_ref());
        [
            delivery.event.clone(),
            about.cloned().unwrap_or_default(),
            delivery.outcome.clone(),
            number(delivery.status.map(u64::from)),
            number(delivery.latency_ms),
            delivery.attempts.to_string(),
            delivery.id.clone(),
        ]
    };
    table::print(
        &mut io::stdout().lock(),
        DELIVERIES,
        page.deliveries.iter().map(row),
    )?;
    Ok(())
}

/// Prints what an endpoint made of an event. Fails if it did not take it.
pub fn print_tried(delivery: &HookDelivery, json: bool) -> anyhow::Result<()> {
    if json {
        print_json(delivery)?;
    }
    let latency = delivery.latency_ms.unwrap_or_default();
    match (&delivery.error, delivery.status) {
        (Some(error), _) => anyhow::bail!("{error}"),
        (None, status) if !json => {
            let status = status.unwrap_or_default();
            writeln!(
                io::stdout().lock(),
                "taken: the endpoint answered {status} after {latency} ms"
            )?;
            Ok(())
        }
        _ => Ok(()),
    }
}

fn print_json<T: Serialize + ?Sized>(value: &T) -> anyhow::Result<()> {
    writeln!(io::stdout().lock(), "{}", serde_json::to_string(value)?)?;
    Ok(())
}
