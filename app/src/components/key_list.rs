//! The API keys, each with what it may do.

use leptos::prelude::*;

use super::{
    EraseView, ListItem, Wording, either, fact, keyed_list, list_keys, on_click, optional_text,
    outside, question, reach, text,
};
use crate::{
    erased_signal::ErasedSignal,
    formatting,
    i18n::{interpolate, texts},
    wire::KeyInfo,
};

/// What can be done with a key.
#[derive(Clone, Copy)]
pub(crate) struct KeyActions {
    /// Gives the key with this id a new text.
    pub(crate) rotate: Callback<String>,
    /// Revokes a key: its id and its name.
    pub(crate) revoke: Callback<(String, String)>,
}

/// The list of keys.
pub(crate) fn key_list(keys: ErasedSignal<Option<Vec<KeyInfo>>>, actions: KeyActions) -> AnyView {
    let entries = keyed_list(move || {
        let entry = |key: &KeyInfo| {
            let shown = key.clone();
            let changes = [
                key.rotated_at,
                key.previous_until,
                key.expires_at,
                key.last_used_at,
                key.pushes_today,
            ];
            let changes = changes.map(Option::unwrap_or_default);
            ListItem::new(format!("{} {changes:?} {}", key.id, key.name), move || {
                row(&shown, actions)
            })
        };
        let all = keys.read();
        all.iter().flatten().map(entry).collect()
    });
    view! {
        <ul class="api-keys-list" aria-labelledby="keys-title" use:list_keys>
            {entries}
        </ul>
    }
    .erase_client_only()
}

fn row(key: &KeyInfo, actions: KeyActions) -> AnyView {
    let role = key.role.clone();
    let role = text(move || match &role {
        Some(role) => role.clone(),
        None => texts().api_keys.own_permissions.to_owned(),
    });
    let previous = key.previous_until;
    let overlap = optional_text(move || {
        let clock = formatting::clock(previous? as f64);
        Some(interpolate(
            texts().api_keys.previous_until,
            &[("clock", &clock)],
        ))
    });
    // The admin token belongs to the settings: it can't be changed here, and its use is not recorded.
    let (facts, buttons) = match key.created_at {
        0 => (().into_any(), ().into_any()),
        _ => (facts(key), buttons(&key.id, &key.name, actions)),
    };
    view! {
        <li data-row=key.id.clone()>
            <div class="row">
                <strong>{outside(&key.name)}</strong>
                <span class="tag plain">{role}</span>
                {reach(&key.permissions)}
            </div>
            {facts}
            <p class="hint">{overlap}</p>
            {buttons}
        </li>
    }
    .erase_client_only()
}

fn facts(key: &KeyInfo) -> AnyView {
    let made = key.created_at as f64;
    let today = key.pushes_today.unwrap_or_default();
    let pushes = match key.pushes_per_day {
        None => ().into_any(),
        Some(per_day) => {
            let of = format!("{today} / {per_day}");
            fact(|t| t.api_keys.pushes_today, text(move || of.clone()))
        }
    };
    view! {
        <dl class="facts">
            {fact(|t| t.api_keys.made, text(move || formatting::clock(made)))}
            {fact(|t| t.api_keys.last_used, last_used(key))}
            {fact(|t| t.api_keys.ends, ends(key.expires_at))}
            {pushes}
        </dl>
    }
    .erase_client_only()
}

fn last_used(key: &KeyInfo) -> Signal<String> {
    let (at, from) = (key.last_used_at, key.last_used_from.clone());
    text(move || {
        let texts = &texts().api_keys;
        let Some(at) = at else {
            return texts.never.to_owned();
        };
        let ago = formatting::ago(at as f64);
        match &from {
            Some(address) => interpolate(texts.used_from, &[("ago", &ago), ("address", address)]),
            None => ago,
        }
    })
}

fn ends(at: Option<u64>) -> Signal<String> {
    text(move || {
        let texts = &texts().api_keys;
        match at.map(|at| at as f64) {
            None => texts.never.to_owned(),
            Some(at) if at <= crate::browser::now() => {
                interpolate(texts.ended, &[("ago", &formatting::ago(at))])
            }
            Some(at) => formatting::clock(at),
        }
    })
}

/// The buttons of a key. Each asks for confirmation.
fn buttons(id: &str, name: &str, actions: KeyActions) -> AnyView {
    let key = StoredValue::new((id.to_owned(), name.to_owned()));
    let asking = RwSignal::new(None::<Question>);
    let ask = move || {
        view! {
            <div class="row">
                {ask_button(Question::Rotate, key, asking)} {ask_button(Question::Revoke, key, asking)}
            </div>
        }
        .erase_client_only()
    };
    let confirm = move || confirm(key, asking, actions);
    either(move || asking.with(Option::is_some), confirm, ask)
}

/// An action that asks first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Question {
    Rotate,
    Revoke,
}

impl Question {
    fn label(self) -> &'static str {
        match self {
            Self::Rotate => texts().api_keys.rotate,
            Self::Revoke => texts().api_keys.revoke,
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::Rotate => texts().api_keys.rotate_ask,
            Self::Revoke => texts().api_keys.revoke_ask,
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::Rotate => "quiet small",
            Self::Revoke => "quiet small danger",
        }
    }
}

type Key = StoredValue<(String, String)>;

fn ask_button(question: Question, key: Key, asking: RwSignal<Option<Question>>) -> AnyView {
    let name = key.with_value(|(_, name)| name.clone());
    view! {
        <button
            type="button"
            class=question.class()
            on:click=on_click(move || asking.set(Some(question)))
        >
            {text(move || question.label().to_owned())}
            <span class="unseen">" " {name}</span>
        </button>
    }
    .erase_client_only()
}

fn confirm(key: Key, asking: RwSignal<Option<Question>>, actions: KeyActions) -> AnyView {
    let of = move |part: fn(Question) -> &'static str| {
        text(move || asking.get().map(part).unwrap_or_default().to_owned())
    };
    let act = on_click(move || {
        let (id, name) = key.get_value();
        match asking.get_untracked() {
            Some(Question::Rotate) => actions.rotate.run(id),
            Some(Question::Revoke) => actions.revoke.run((id, name)),
            None => {}
        }
        asking.try_set(None);
    });
    let label = of(Question::label);
    question(
        Wording {
            name: label,
            about: of(Question::about),
            act: label,
            keep: |t| t.shell.keep,
        },
        act,
        on_click(move || asking.set(None)),
    )
}
