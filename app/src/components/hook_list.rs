//! The webhooks, each with its state and what became of the newest events.

use leptos::prelude::*;

use super::{
    EraseView, ListItem, ask_first, fact, keyed_list, list_keys, on_click, optional_text, outside,
    text, when,
};
use crate::{
    erased_signal::ErasedSignal,
    formatting,
    i18n::{Texts, interpolate, plural, texts, tr},
    wire::{HookDelivery, HookInfo},
};

/// Something that can be done with a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HookAction {
    /// Send an event to try it.
    Test,
    /// Stop deliveries.
    Pause,
    /// Go on with deliveries.
    Resume,
    /// Give it a new secret.
    Rotate,
    /// Send the last hour again.
    Replay,
    /// Show what became of the newest events, or hide it.
    Deliveries,
    /// Remove it.
    Delete,
}

/// The webhook whose deliveries are shown, and these. None: they are loaded.
pub(crate) type ShownDeliveries = ErasedSignal<Option<(String, Option<Vec<HookDelivery>>)>>;

/// What is called.
#[derive(Clone, Copy)]
pub(crate) struct HookActions {
    /// An action, and the webhook.
    pub(crate) act: Callback<(HookAction, HookInfo)>,
    /// Sends an event again: the id of the webhook, and that of the event.
    pub(crate) send: Callback<(String, String)>,
}

/// The list of webhooks.
pub(crate) fn hook_list(
    hooks: ErasedSignal<Option<Vec<HookInfo>>>,
    deliveries: ShownDeliveries,
    actions: HookActions,
) -> AnyView {
    let entries = keyed_list(move || {
        let entry = |hook: &HookInfo| {
            let shown = hook.clone();
            ListItem::new(format!("{hook:?}"), move || {
                row(&shown, deliveries, actions)
            })
        };
        let all = hooks.read();
        all.iter().flatten().map(entry).collect()
    });
    view! {
        <ul class="api-keys-list hooks" aria-labelledby="hooks-title" use:list_keys>
            {entries}
        </ul>
    }
    .erase_client_only()
}

fn row(hook: &HookInfo, deliveries: ShownDeliveries, actions: HookActions) -> AnyView {
    let state = hook.state.clone();
    let is_bad = state != "active";
    let state = text(move || {
        let texts = &texts().hooks;
        match state.as_str() {
            "paused" => texts.paused,
            "failing" => texts.failing,
            _ => texts.active,
        }
        .to_owned()
    });
    let called = match hook.name.is_empty() {
        true => hook.url.clone(),
        false => format!("{} ({})", hook.name, hook.url),
    };
    let previous = hook.previous_until;
    let overlap = optional_text(move || {
        let clock = formatting::clock(previous? as f64);
        Some(interpolate(
            texts().hooks.previous_until,
            &[("clock", &clock)],
        ))
    });
    let tag = if is_bad { "tag late" } else { "tag plain" };
    view! {
        <li data-row=hook.id.clone()>
            <div class="row">
                <strong>{outside(called)}</strong>
                <span class=tag>{state}</span>
            </div>
            <p class="hint">{outside(hook.reason.as_deref().unwrap_or_default())}</p>
            {facts(hook)}
            <p class="hint">{overlap}</p>
            {buttons(hook, actions)}
            {shown_deliveries(hook, deliveries, actions)}
        </li>
    }
    .erase_client_only()
}

fn facts(hook: &HookInfo) -> AnyView {
    let said = |said: String| text(move || said.clone());
    let clock = |at: u64| text(move || formatting::clock(at as f64));
    let some = |name: fn(&Texts) -> &'static str, value: Option<Signal<String>>| match value {
        Some(value) => fact(name, value),
        None => ().into_any(),
    };
    let filter = [&hook.filter.clients[..], &hook.filter.topics[..]].concat();
    let only = (!filter.is_empty()).then(|| said(filter.join(", ")));
    let lost = (hook.lost > 0).then(|| said(hook.lost.to_string()));
    view! {
        <dl class="facts">
            {fact(|t| t.hooks.events, said(hook.events.join(", ")))}
            {some(|t| t.hooks.only, only)}
            {fact(|t| t.hooks.waiting, said(hook.waiting.to_string()))}
            {some(|t| t.hooks.lost, lost)}
            {some(|t| t.hooks.next_attempt, hook.retry_at.map(clock))}
            {fact(|t| t.hooks.made, clock(hook.created_at))}
            {some(|t| t.hooks.public_key, hook.public_key.clone().map(said))}
        </dl>
    }
    .erase_client_only()
}

fn buttons(hook: &HookInfo, actions: HookActions) -> AnyView {
    let name = hook.url.clone();
    let act = {
        let hook = hook.clone();
        move |action| {
            let hook = hook.clone();
            Callback::new(move |()| actions.act.run((action, hook.clone())))
        }
    };
    let button = |action: HookAction, label: fn(&Texts) -> &'static str| {
        let act = act(action);
        view! {
            <button type="button" class="quiet small" on:click=on_click(move || act.run(()))>
                {tr(label)}
                <span class="unseen">" " {name.clone()}</span>
            </button>
        }
        .erase_client_only()
    };
    let pause = match hook.state == "paused" {
        true => button(HookAction::Resume, |t| t.hooks.resume),
        false => button(HookAction::Pause, |t| t.hooks.pause),
    };
    view! {
        <div class="row">
            {button(HookAction::Deliveries, |t| t.hooks.deliveries)}
            {button(HookAction::Test, |t| t.hooks.test)} {pause}
            {button(HookAction::Replay, |t| t.hooks.replay)}
            {ask_first(
                |t| t.hooks.rotate,
                |t| t.hooks.rotate_about,
                name.clone(),
                act(HookAction::Rotate),
            )}
            {ask_first(
                |t| t.hooks.delete,
                |t| t.hooks.delete_about,
                name.clone(),
                act(HookAction::Delete),
            )}
        </div>
    }
    .erase_client_only()
}

/// What became of the newest events, if that is shown of this webhook.
fn shown_deliveries(hook: &HookInfo, deliveries: ShownDeliveries, actions: HookActions) -> AnyView {
    let id = StoredValue::new(hook.id.clone());
    let is_shown = move || {
        deliveries.with(|shown| {
            let of = shown.as_ref().map(|(of, _)| of);
            of.is_some_and(|of| id.with_value(|id| of == id))
        })
    };
    let list = move || {
        let entries = keyed_list(move || {
            let entry = |delivery: &HookDelivery| {
                let shown = delivery.clone();
                let key = format!("{} {} {}", delivery.id, delivery.at, delivery.outcome);
                ListItem::new(key, move || line(&shown, id, actions))
            };
            let all = deliveries.read();
            let all = all.iter().filter_map(|(_, all)| all.as_ref());
            all.flatten().map(entry).collect()
        });
        let nothing = optional_text(move || {
            deliveries.with(|shown| match shown.as_ref()?.1.as_ref() {
                None => Some(texts().hooks.loading.to_owned()),
                Some(all) if all.is_empty() => Some(texts().hooks.no_deliveries.to_owned()),
                Some(_) => None,
            })
        });
        view! {
            <ul class="hook-deliveries" aria-label=tr(|t| t.hooks.deliveries)>
                {entries}
            </ul>
            <p class="nothing">{nothing}</p>
        }
        .erase_client_only()
    };
    when(is_shown, list)
}

fn line(delivery: &HookDelivery, hook: StoredValue<String>, actions: HookActions) -> AnyView {
    let HookDelivery {
        id,
        event,
        client_id,
        topic,
        at,
        attempts,
        outcome,
        status,
        latency_ms,
        error,
        ..
    } = delivery.clone();
    let about = client_id.or(topic).unwrap_or_default();
    let status = status.map_or_else(String::new, |status| status.to_string());
    let latency = latency_ms.map_or_else(String::new, |ms| format!("{ms} ms"));
    let tag = match outcome == "delivered" {
        true => "tag plain",
        false => "tag late",
    };
    let tries = text(move || plural(texts().hooks.attempts, attempts, &[]));
    let send = on_click(move || actions.send.run((hook.get_value(), id.clone())));
    view! {
        <li>
            <div class="row">
                <span class=tag>{outcome}</span>
                <strong>{event}</strong>
                <span>{outside(about)}</span>
                <span class="hint">{status} " " {latency} " " {tries}</span>
                <span class="hint">{text(move || formatting::ago(at as f64))}</span>
                <button type="button" class="quiet small" on:click=send>
                    {tr(|t| t.hooks.send)}
                </button>
            </div>
            <p class="hint">{outside(error.unwrap_or_default())}</p>
        </li>
    }
    .erase_client_only()
}
