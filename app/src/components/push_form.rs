//! The push form: audience, event type, data, time to live, and the number of recipients.

mod audience;
mod draft;
mod options;
mod recipient;
mod recipients;

use std::sync::Arc;

use leptos::{ev::SubmitEvent, prelude::*};

use crate::{
    components::{
        ClickHandler, EraseView, Field, FieldError, FieldNote, aria_bool, bool_signal, either,
        on_change, on_click, optional_text, static_text, text,
    },
    erased_signal::{ErasedMemo, ErasedSignal},
    formatting,
    i18n::{interpolate, plural, texts, tr},
    wire::{AudienceSize, PushAnswer, To},
};
use audience::AudienceFields;
pub(crate) use audience::suggested;
pub(crate) use draft::Draft;
use draft::json_error_text;
pub(crate) use recipient::Recipient;
pub(crate) use recipients::{Suggestions, recipients};

/// The number of recipients that a push would reach now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum RecipientCount {
    /// Not known yet.
    #[default]
    Unknown,
    /// The number a moment ago.
    Known(AudienceSize),
    /// The server refused to count.
    Refused(FieldError),
}

/// Makes the field for several recipients, with its error.
pub(crate) type SeveralField = Arc<dyn Fn(Signal<Option<String>>) -> AnyView + Send + Sync>;

/// The form.
#[component]
pub fn PushForm(
    /// The values of the fields.
    draft: Draft,
    /// The number of recipients.
    recipient_count: ErasedSignal<RecipientCount>,
    /// The field for several recipients.
    several: SeveralField,
    /// The error of the server.
    field_error: ErasedSignal<Option<FieldError>>,
    /// Whether a request is running.
    busy: RwSignal<bool>,
    /// Whether a push to everyone waits for confirmation.
    asked: RwSignal<bool>,
    /// The form is to be checked and sent.
    on_submit: Callback<()>,
) -> impl IntoView {
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        on_submit.run(());
    };
    let about = move |field: Field| {
        let field_error = field_error.get();
        field_error.filter(|c| c.field == field).map(|c| c.text)
    };
    let about_to = optional_text(move || match (about(Field::To), recipient_count.get()) {
        (Some(text), _) => Some(text),
        (None, RecipientCount::Refused(refused)) => Some(refused.text),
        _ => None,
    });
    // An error is outdated as soon as a field changes.
    on_change(
        move || draft.track(),
        move || {
            field_error.set(None);
            asked.set(false);
        },
    );
    let send = move || {
        view! {
            <button type="submit" class="primary" disabled=busy>
                {tr(|t| t.push.push)}
            </button>
        }
        .erase()
    };
    view! {
        <form class="push" on:submit=submit novalidate aria-labelledby="push">
            <h2 id="push">{tr(|t| t.push.title)}</h2>
            <AudienceFields draft several note=about_to />
            {data_field(draft, optional_text(move || about(Field::Data)))}
            <div class="fields">
                {event_field(draft, optional_text(move || about(Field::Event)))}
                {ttl_field(draft, optional_text(move || about(Field::Ttl)))}
                {when_field(draft, optional_text(move || about(Field::When)))}
            </div>
            {options::options(draft)}
            <label class="check">
                <input type="checkbox" bind:checked=draft.require_online />
                <span>{tr(|t| t.push.require_online)}</span>
            </label>
            <FieldNote id="form-note" text=optional_text(move || about(Field::Form)) />
            <div class="send">
                {either(move || asked.get(), move || question(asked, recipient_count, busy), send)}
                <p class="reach" aria-live="polite">
                    {text(move || recipient_count_text(&recipient_count.get()))}
                </p>
            </div>
        </form>
    }
    .erase()
}

/// Asks for confirmation of a push to everyone.
fn question(
    asked: RwSignal<bool>,
    recipient_count: ErasedSignal<RecipientCount>,
    busy: RwSignal<bool>,
) -> AnyView {
    let size = move || match recipient_count.get() {
        RecipientCount::Known(size) => size,
        _ => AudienceSize {
            clients: 0,
            connections: 0,
        },
    };
    let ask = text(move || with_numbers(texts().push.everyone_ask, size()));
    let label = text(move || plural(texts().push.everyone_do, size().clients, &[]));
    view! {
        <div class="question" role="alertdialog" aria-labelledby="everyone-question">
            <p id="everyone-question">{ask}</p>
            <div class="row">
                <button type="submit" class="primary" disabled=busy>
                    {label}
                </button>
                <button
                    type="button"
                    class="quiet"
                    data-escape=""
                    on:click=on_click(move || asked.set(false))
                >
                    {tr(|t| t.push.keep)}
                </button>
            </div>
        </div>
    }
    .erase_client_only()
}

fn event_field(draft: Draft, wrong: Signal<Option<String>>) -> AnyView {
    view! {
        <div class="field">
            <label for="event">
                {tr(|t| t.push.event)}
                <span class="optional">{tr(|t| t.push.optional)}</span>
            </label>
            <input
                id="event"
                type="text"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                placeholder="order.paid"
                aria-describedby="event-hint event-note"
                aria-invalid=aria_bool(move || wrong.get().is_some())
                bind:value=draft.event
            />
            <p class="hint" id="event-hint">
                {tr(|t| t.push.event_hint)}
            </p>
            <FieldNote id="event-note" text=wrong />
        </div>
    }
    .erase()
}

fn data_field(draft: Draft, wrong: Signal<Option<String>>) -> AnyView {
    let mistake = ErasedMemo::new(move || draft.mistake());
    let said = optional_text(move || match mistake.get() {
        Some(mistake) => Some(json_error_text(&mistake)),
        None => wrong.get(),
    });
    let verdict = static_text(move || {
        let is_json = draft.as_json.get() && draft.data.with(|d| !d.trim().is_empty());
        if is_json && mistake.get().is_none() {
            texts().push.valid
        } else {
            ""
        }
    });
    let kind = move |label: Signal<&'static str>, json: bool| {
        let chosen = bool_signal(move || draft.as_json.get() == json);
        segment(
            "kind",
            label,
            chosen,
            on_click(move || draft.as_json.set(json)),
        )
    };
    view! {
        <div class="field">
            <div class="label-row">
                <label for="data">{tr(|t| t.push.data)}</label>
                <span class="verdict">{verdict}</span>
                <fieldset class="segments small">
                    <legend class="unseen">{tr(|t| t.push.kind)}</legend>
                    {kind(tr(|t| t.push.text), false)}
                    {kind(static_text(|| "JSON"), true)}
                </fieldset>
            </div>
            <textarea
                id="data"
                rows="7"
                spellcheck="false"
                class=static_text(move || if draft.as_json.get() { "code" } else { "" })
                aria-describedby="data-note"
                aria-invalid=aria_bool(move || said.get().is_some())
                bind:value=draft.data
            ></textarea>
            <FieldNote id="data-note" text=said />
        </div>
    }
    .erase()
}

fn ttl_field(draft: Draft, wrong: Signal<Option<String>>) -> AnyView {
    view! {
        <div class="field">
            <label for="ttl">
                {tr(|t| t.push.ttl)} <span class="optional">{tr(|t| t.push.optional)}</span>
            </label>
            <input
                id="ttl"
                type="text"
                inputmode="numeric"
                autocomplete="off"
                aria-describedby="ttl-hint ttl-note"
                aria-invalid=aria_bool(move || wrong.get().is_some())
                bind:value=draft.ttl
            />
            <p class="hint" id="ttl-hint">
                {tr(|t| t.push.ttl_hint)}
            </p>
            <FieldNote id="ttl-note" text=wrong />
        </div>
    }
    .erase()
}

fn when_field(draft: Draft, wrong: Signal<Option<String>>) -> AnyView {
    view! {
        <div class="field">
            <label for="when">
                {tr(|t| t.push.when)} <span class="optional">{tr(|t| t.push.optional)}</span>
            </label>
            <input
                id="when"
                type="datetime-local"
                step="1"
                aria-describedby="when-hint when-note"
                aria-invalid=aria_bool(move || wrong.get().is_some())
                bind:value=draft.when
            />
            <p class="hint" id="when-hint">
                {tr(|t| t.push.when_hint)}
            </p>
            <FieldNote id="when-note" text=wrong />
        </div>
    }
    .erase()
}

/// An option of a segmented control.
pub(crate) fn segment(
    group: &'static str,
    label: Signal<&'static str>,
    chosen: Signal<bool>,
    choose: ClickHandler,
) -> AnyView {
    view! {
        <label>
            <input type="radio" name=group prop:checked=chosen on:click=choose />
            <span>{label}</span>
        </label>
    }
    .erase()
}

/// The audience of a message as a text. `clients` is the number of clients, if the list of ids is incomplete.
pub(crate) fn audience_text(to: &To, clients: Option<u64>) -> String {
    let texts = &texts().messages;
    match to {
        To::Client(id) => id.clone(),
        To::Clients(ids) => plural(texts.to_clients, clients.unwrap_or(ids.len() as u64), &[]),
        To::Topic(topic) => interpolate(texts.to_topic, &[("name", topic)]),
        To::Everyone => texts.to_everyone.to_owned(),
    }
}

/// The answer of the server to a push as a sentence.
pub(crate) fn push_result_text(answer: &PushAnswer, to: &To) -> String {
    let texts = &texts().push;
    if let Some(due_at) = answer.due_at {
        let time = formatting::clock(due_at as f64);
        return interpolate(texts.scheduled, &[("time", &time)]);
    }
    let said = match (answer.connections, answer.queued, to) {
        (0, false, _) => texts.not_delivered,
        (0, true, To::Client(_)) => texts.queued_one,
        (0, true, To::Clients(_)) => texts.queued_several,
        (0, true, _) => texts.kept,
        (n, ..) => return plural(texts.reached, n, &[]),
    };
    said.to_owned()
}

/// The number of recipients as a sentence.
fn recipient_count_text(recipient_count: &RecipientCount) -> String {
    match recipient_count {
        RecipientCount::Known(size) if size.clients == 0 => texts().push.no_recipient.to_owned(),
        RecipientCount::Known(size) => with_numbers(texts().push.reaches, *size),
        _ => String::new(),
    }
}

fn with_numbers(pattern: &str, size: AudienceSize) -> String {
    let texts = &texts().push;
    let clients = plural(texts.clients, size.clients, &[]);
    let connections = plural(texts.connections, size.connections, &[]);
    interpolate(
        pattern,
        &[("clients", &clients), ("connections", &connections)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_recipients_is_a_sentence() {
        let known = |clients, connections| {
            recipient_count_text(&RecipientCount::Known(AudienceSize {
                clients,
                connections,
            }))
        };
        assert_eq!(known(0, 0), "No recipient is connected now.");
        assert_eq!(known(1, 2), "Reaches 1 client on 2 connections now.");
        assert_eq!(known(3, 1), "Reaches 3 clients on 1 connection now.");
        assert_eq!(recipient_count_text(&RecipientCount::Unknown), "");
    }

    #[test]
    fn an_answer_says_whether_the_message_is_queued() {
        let said = |connections, queued, to| {
            let answer = PushAnswer {
                missing_nodes: Vec::new(),
                id: None,
                connections,
                queued,
                job: None,
                due_at: None,
            };
            push_result_text(&answer, &to)
        };
        let ada = || To::Client("ada".to_owned());
        assert_eq!(said(1, true, ada()), "Sent to 1 connection.");
        assert_eq!(said(2, false, To::Everyone), "Sent to 2 connections.");
        assert!(said(0, true, ada()).ends_with("queued for it."));
        assert!(said(0, false, ada()).ends_with("was not delivered."));
    }
}
