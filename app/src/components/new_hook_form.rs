//! The form for a new webhook.

use leptos::{ev::SubmitEvent, prelude::*};

use super::{EraseView, aria_bool, error_at, text, words};
use crate::{
    api::ApiError,
    erased_signal::ErasedSignal,
    i18n::{Texts, texts, tr},
    wire::{HOOK_EVENTS, HookFilter, HookRequest},
};

/// The events that are chosen at first.
const FIRST: [&str; 2] = ["client.online", "client.offline"];

/// What is entered. Copies share the same signals.
#[derive(Clone, Copy)]
pub(crate) struct HookDraft {
    url: RwSignal<String>,
    clients: RwSignal<String>,
    topics: RwSignal<String>,
    /// Whether each of [`HOOK_EVENTS`] is chosen.
    chosen: [RwSignal<bool>; HOOK_EVENTS.len()],
    /// Why the last attempt failed.
    pub(crate) error: ErasedSignal<Option<ApiError>>,
    /// Whether a request is running.
    pub(crate) busy: RwSignal<bool>,
}

impl HookDraft {
    pub(crate) fn new() -> Self {
        Self {
            url: RwSignal::default(),
            clients: RwSignal::default(),
            topics: RwSignal::default(),
            chosen: HOOK_EVENTS.map(|event| RwSignal::new(FIRST.contains(&event))),
            error: ErasedSignal::new(None),
            busy: RwSignal::new(false),
        }
    }

    /// The webhook that is asked for.
    pub(crate) fn request(self) -> HookRequest {
        let chosen = HOOK_EVENTS.into_iter().zip(self.chosen);
        let chosen = chosen.filter(|(_, chosen)| chosen.get_untracked());
        HookRequest {
            url: self.url.get_untracked().trim().to_owned(),
            events: chosen.map(|(event, _)| event.to_owned()).collect(),
            filter: HookFilter {
                clients: words(self.clients),
                topics: words(self.topics),
            },
            ..HookRequest::default()
        }
    }

    /// Empties the fields.
    pub(crate) fn clear(self) {
        for field in [self.url, self.clients, self.topics] {
            field.try_set(String::new());
        }
    }

    /// The error of a field. Errors of no field here are shown at the URL.
    fn error_of(self, field: &'static str) -> Signal<Option<String>> {
        error_at(self.error, field, &["clients", "topics", "events"], "url")
    }
}

/// The form.
pub(crate) fn new_hook_form(draft: HookDraft, on_create: Callback<()>) -> AnyView {
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        on_create.run(());
    };
    let choice = |(event, chosen): (&'static str, RwSignal<bool>)| {
        view! {
            <label class="check">
                <input type="checkbox" bind:checked=chosen />
                {event}
            </label>
        }
        .erase_client_only()
    };
    let choices: Vec<AnyView> = HOOK_EVENTS
        .into_iter()
        .zip(draft.chosen)
        .map(choice)
        .collect();
    view! {
        <section class="card" aria-labelledby="new-hook">
            <h2 id="new-hook">{tr(|t| t.hooks.new)}</h2>
            <p class="hint">{tr(|t| t.hooks.about)}</p>
            <form class="fields" on:submit=submit>
                {field(draft, "url", |t| t.hooks.url, draft.url, None)}
                <fieldset>
                    <legend>{tr(|t| t.hooks.events)}</legend>
                    <div class="checks">{choices}</div>
                    <p class="field-note" aria-live="polite">
                        {draft.error_of("events")}
                    </p>
                </fieldset>
                {field(
                    draft,
                    "clients",
                    |t| t.hooks.clients,
                    draft.clients,
                    Some(|t| t.hooks.clients_hint),
                )}
                {field(
                    draft,
                    "topics",
                    |t| t.hooks.topics,
                    draft.topics,
                    Some(|t| t.hooks.topics_hint),
                )}
                <button type="submit" class="primary" disabled=draft.busy>
                    {tr(|t| t.hooks.create)}
                </button>
            </form>
        </section>
    }
    .erase_client_only()
}

/// A field for a text. With a hint it is optional.
fn field(
    draft: HookDraft,
    name: &'static str,
    label: fn(&Texts) -> &'static str,
    value: RwSignal<String>,
    hint: Option<fn(&Texts) -> &'static str>,
) -> AnyView {
    let id = format!("hook-{name}");
    let note = format!("hook-{name}-note");
    let error = draft.error_of(name);
    let is_wrong = aria_bool(move || error.with(Option::is_some));
    let said = text(move || hint.map_or("", |hint| hint(texts())).to_owned());
    view! {
        <div>
            <label for=id.clone()>{tr(label)}</label>
            <input
                id=id
                type="text"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                aria-describedby=note.clone()
                aria-invalid=is_wrong
                bind:value=value
            />
            <p class="hint">{said}</p>
            <p class="field-note" id=note aria-live="polite">
                {error}
            </p>
        </div>
    }
    .erase_client_only()
}
