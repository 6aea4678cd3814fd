//! The form for a new API key.

use leptos::{
    ev::{Event, SubmitEvent},
    prelude::*,
};

use super::{EraseView, aria_bool, error_at, static_text, text, words};
use crate::{
    api::ApiError,
    erased_signal::ErasedSignal,
    i18n::{Texts, interpolate, plural, texts, tr},
    wire::KeyRequest,
};

/// The lifetimes that can be chosen, in days. 0: it does not end.
const LIFETIMES: [u64; 4] = [0, 30, 90, 365];

/// The role that is selected at first.
const FIRST_ROLE: &str = "publisher";

/// The field for a number: browsers take nothing else in it.
const PER_DAY: &str = "pushes_per_day";

/// What is entered. Copies share the same signals.
#[derive(Clone, Copy)]
pub(crate) struct KeyDraft {
    name: RwSignal<String>,
    role: RwSignal<String>,
    clients: RwSignal<String>,
    topics: RwSignal<String>,
    days: RwSignal<String>,
    per_day: RwSignal<String>,
    /// Why the last attempt failed.
    pub(crate) error: ErasedSignal<Option<ApiError>>,
    /// Whether a request is running.
    pub(crate) busy: RwSignal<bool>,
}

impl KeyDraft {
    pub(crate) fn new() -> Self {
        Self {
            name: RwSignal::default(),
            role: RwSignal::new(FIRST_ROLE.to_owned()),
            clients: RwSignal::default(),
            topics: RwSignal::default(),
            days: RwSignal::default(),
            per_day: RwSignal::default(),
            error: ErasedSignal::new(None),
            busy: RwSignal::new(false),
        }
    }

    /// The key that is asked for.
    pub(crate) fn request(self) -> KeyRequest {
        let pushes_per_day = self.per_day.with_untracked(|text| text.parse().ok());
        let days: u64 = self.days.with_untracked(|days| days.parse()).unwrap_or(0);
        KeyRequest {
            name: self.name.get_untracked().trim().to_owned(),
            role: Some(self.role.get_untracked()),
            clients: words(self.clients),
            topics: words(self.topics),
            ttl: (days > 0).then_some(days * 86_400),
            pushes_per_day,
            ..KeyRequest::default()
        }
    }

    /// Empties the fields that belong to one key alone.
    pub(crate) fn clear(self) {
        for field in [self.name, self.clients, self.topics, self.per_day] {
            field.try_set(String::new());
        }
    }

    /// The error of a field. Errors of no field here are shown at the name.
    fn error_of(self, field: &'static str) -> Signal<Option<String>> {
        error_at(
            self.error,
            field,
            &["role", "clients", "topics", "ttl", PER_DAY],
            "name",
        )
    }
}

/// The form.
pub(crate) fn new_key_form(
    draft: KeyDraft,
    roles: ErasedSignal<Vec<String>>,
    on_create: Callback<()>,
) -> AnyView {
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        on_create.run(());
    };
    let about = text(|| {
        let header = [("header", "Authorization: Bearer")];
        interpolate(texts().api_keys.new_about, &header)
    });
    let role_options = move || {
        let option = |role: &String| {
            let is_chosen = draft.role.with_untracked(|chosen| chosen == role);
            view! {
                <option value=role.clone() selected=is_chosen>
                    {role.clone()}
                </option>
            }
            .erase_client_only()
        };
        roles.with(|roles| roles.iter().map(option).collect::<Vec<_>>())
    };
    let lifetime = |days: u64| {
        let said = text(move || match days {
            0 => texts().api_keys.never.to_owned(),
            days => plural(texts().api_keys.days, days, &[]),
        });
        view! { <option value=days.to_string()>{said}</option> }.erase_client_only()
    };
    view! {
        <section class="card" aria-labelledby="new-key">
            <h2 id="new-key">{tr(|t| t.api_keys.new)}</h2>
            <p class="hint">{about}</p>
            <form class="fields" on:submit=submit>
                {text_field(draft, "name", |t| t.api_keys.name, draft.name, None)}
                {choice(
                    draft,
                    "role",
                    |t| t.api_keys.role,
                    draft.role,
                    role_options.erase_client_only(),
                )}
                {text_field(
                    draft,
                    "clients",
                    |t| t.api_keys.clients,
                    draft.clients,
                    Some(|t| t.api_keys.clients_hint),
                )}
                {text_field(
                    draft,
                    "topics",
                    |t| t.api_keys.topics,
                    draft.topics,
                    Some(|t| t.api_keys.topics_hint),
                )}
                {choice(
                    draft,
                    "ttl",
                    |t| t.api_keys.lifetime,
                    draft.days,
                    LIFETIMES.map(lifetime).into_iter().collect::<Vec<_>>().into_any(),
                )}
                {text_field(
                    draft,
                    PER_DAY,
                    |t| t.api_keys.per_day,
                    draft.per_day,
                    Some(|t| t.api_keys.per_day_hint),
                )}
                <button type="submit" class="primary" disabled=draft.busy>
                    {tr(|t| t.api_keys.create)}
                </button>
            </form>
        </section>
    }
    .erase_client_only()
}

/// A text for the label or the hint of a field.
pub(crate) type Word = fn(&Texts) -> &'static str;

/// A field for a text. With a hint it is optional.
pub(crate) fn text_field(
    draft: KeyDraft,
    field: &'static str,
    label: Word,
    value: RwSignal<String>,
    hint: Option<Word>,
) -> AnyView {
    let (id, note, hint_id) = ids(field);
    let error = draft.error_of(field);
    let described = format!("{hint_id} {note}");
    let is_wrong = aria_bool(move || error.with(Option::is_some));
    let optional = static_text(move || match hint {
        Some(_) => texts().api_keys.optional,
        None => "",
    });
    let hint = static_text(move || hint.map_or("", |hint| hint(texts())));
    let kind = if field == PER_DAY { "number" } else { "text" };
    view! {
        <div>
            <label for=id.clone()>
                {tr(label)} " " <span class="optional">{optional}</span>
            </label>
            <input
                id=id
                type=kind
                min="1"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                aria-describedby=described
                aria-invalid=is_wrong
                bind:value=value
            />
            <p class="hint" id=hint_id>
                {hint}
            </p>
            {field_note(note, error)}
        </div>
    }
    .erase_client_only()
}

fn choice(
    draft: KeyDraft,
    field: &'static str,
    label: Word,
    value: RwSignal<String>,
    options: AnyView,
) -> AnyView {
    let (id, note, _) = ids(field);
    let choose = move |event: Event| value.set(event_target_value(&event));
    view! {
        <div>
            <label for=id.clone()>{tr(label)}</label>
            <select id=id aria-describedby=note.clone() on:change=choose>
                {options}
            </select>
            {field_note(note, draft.error_of(field))}
        </div>
    }
    .erase_client_only()
}

fn field_note(id: String, error: Signal<Option<String>>) -> AnyView {
    view! {
        <p class="field-note" id=id aria-live="polite">
            {error}
        </p>
    }
    .erase_client_only()
}

/// The ids of a field, of its error, and of its hint.
fn ids(field: &str) -> (String, String, String) {
    (
        format!("key-{field}"),
        format!("key-{field}-note"),
        format!("key-{field}-hint"),
    )
}
