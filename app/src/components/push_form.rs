//! The form that pushes: whom it is for, its type, what they get, and how many that is.

mod audience;
mod draft;
mod templates;

use leptos::{ev::SubmitEvent, prelude::*};

use crate::{
    components::{
        Complaint, Field, FieldNote, IntoPart, Press, aria, either, flag, note, on_change, press,
        text, word,
    },
    held::{Derived, Held},
    wire::{AudienceSize, PushAnswer, PushRequest, To},
    words::{count, fill, say, words},
};
use audience::AudienceFields;
pub(crate) use draft::Draft;
use draft::mistake_in_words;
pub(crate) use templates::{Kept, Templates};

/// How many a push would reach, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Nobody has been named yet.
    #[default]
    Unknown,
    /// So many, a moment ago.
    Known(AudienceSize),
    /// The server would not say.
    Refused(Complaint),
}

/// Asks for everything that a push needs, and hands it over when it is complete.
#[component]
pub fn PushForm(
    /// What has been typed.
    draft: Draft,
    /// How many that would reach.
    reach: Held<Reach>,
    /// Ids to offer.
    ids: Held<Vec<String>>,
    /// Topics to offer.
    topics: Held<Vec<String>>,
    /// What the server found wrong.
    complaint: Held<Option<Complaint>>,
    /// Whether an answer is being waited for.
    busy: Signal<bool>,
    /// The push is complete.
    on_push: Callback<PushRequest>,
) -> impl IntoView {
    // A push to everyone, until the person has said that it is meant.
    let asked = RwSignal::new(false);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        match untrack(|| draft.request()) {
            Ok(push) if push.to == To::Everyone && !asked.get_untracked() => asked.set(true),
            Ok(push) => {
                asked.set(false);
                complaint.set(None);
                on_push.run(push);
            }
            Err(wrong) => complaint.set(Some(wrong)),
        }
    };
    let about = move |field: Field| {
        let complaint = complaint.get();
        complaint.filter(|c| c.field == field).map(|c| c.text)
    };
    let about_to = note(move || match (about(Field::To), reach.get()) {
        (Some(text), _) => Some(text),
        (None, Reach::Refused(refused)) => Some(refused.text),
        _ => None,
    });
    // What was wrong with a field is stale as soon as the field changes.
    let typed = Derived::new(move || draft.fields());
    on_change(
        move || typed.track(),
        move || {
            complaint.set(None);
            asked.set(false);
        },
    );
    let send = move || {
        view! {
            <button type="submit" class="primary" disabled=busy>
                {say(|w| w.push.push)}
            </button>
        }
        .part()
    };
    view! {
        <form class="push" on:submit=submit novalidate aria-labelledby="push">
            <h2 id="push">{say(|w| w.push.title)}</h2>
            <AudienceFields draft ids topics note=about_to />
            {data_field(draft, note(move || about(Field::Data)))}
            <div class="fields">
                {event_field(draft, note(move || about(Field::Event)))}
                {ttl_field(draft, note(move || about(Field::Ttl)))}
            </div>
            <label class="check">
                <input type="checkbox" bind:checked=draft.require_online />
                <span>{say(|w| w.push.require_online)}</span>
            </label>
            <FieldNote id="form-note" text=note(move || about(Field::Form)) />
            <div class="send">
                {either(move || asked.get(), move || question(asked, reach, busy), send)}
                <p class="reach" aria-live="polite">
                    {text(move || reach_in_words(&reach.get()))}
                </p>
            </div>
        </form>
    }
    .part()
}

/// Asks whether everyone is meant, and how many that is.
fn question(asked: RwSignal<bool>, reach: Held<Reach>, busy: Signal<bool>) -> AnyView {
    let size = move || match reach.get() {
        Reach::Known(size) => size,
        _ => AudienceSize {
            clients: 0,
            connections: 0,
        },
    };
    let ask = text(move || with_numbers(words().push.everyone_ask, size()));
    let label = text(move || count(words().push.everyone_do, size().clients, &[]));
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
                    on:click=press(move || asked.set(false))
                >
                    {say(|w| w.push.keep)}
                </button>
            </div>
        </div>
    }
    .fresh()
}

fn event_field(draft: Draft, wrong: Signal<Option<String>>) -> AnyView {
    view! {
        <div class="field">
            <label for="event">
                {say(|w| w.push.event)}
                <span class="optional">{say(|w| w.push.optional)}</span>
            </label>
            <input
                id="event"
                type="text"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                placeholder="order.paid"
                aria-describedby="event-hint event-note"
                aria-invalid=aria(move || wrong.get().is_some())
                bind:value=draft.event
            />
            <p class="hint" id="event-hint">
                {say(|w| w.push.event_hint)}
            </p>
            <FieldNote id="event-note" text=wrong />
        </div>
    }
    .part()
}

fn data_field(draft: Draft, wrong: Signal<Option<String>>) -> AnyView {
    let mistake = Derived::new(move || draft.mistake());
    let said = note(move || match mistake.get() {
        Some(mistake) => Some(mistake_in_words(&mistake)),
        None => wrong.get(),
    });
    let verdict = word(move || {
        let is_json = draft.as_json.get() && draft.data.with(|d| !d.trim().is_empty());
        if is_json && mistake.get().is_none() {
            words().push.valid
        } else {
            ""
        }
    });
    let kind = move |label: Signal<&'static str>, json: bool| {
        let chosen = flag(move || draft.as_json.get() == json);
        segment(
            "kind",
            label,
            chosen,
            press(move || draft.as_json.set(json)),
        )
    };
    view! {
        <div class="field">
            <div class="label-row">
                <label for="data">{say(|w| w.push.data)}</label>
                <span class="verdict">{verdict}</span>
                <fieldset class="segments small">
                    <legend class="unseen">{say(|w| w.push.kind)}</legend>
                    {kind(say(|w| w.push.text), false)}
                    {kind(word(|| "JSON"), true)}
                </fieldset>
            </div>
            <textarea
                id="data"
                rows="7"
                spellcheck="false"
                class=word(move || if draft.as_json.get() { "code" } else { "" })
                aria-describedby="data-note"
                aria-invalid=aria(move || said.get().is_some())
                bind:value=draft.data
            ></textarea>
            <FieldNote id="data-note" text=said />
        </div>
    }
    .part()
}

fn ttl_field(draft: Draft, wrong: Signal<Option<String>>) -> AnyView {
    view! {
        <div class="field">
            <label for="ttl">
                {say(|w| w.push.ttl)} <span class="optional">{say(|w| w.push.optional)}</span>
            </label>
            <input
                id="ttl"
                type="text"
                inputmode="numeric"
                autocomplete="off"
                aria-describedby="ttl-hint ttl-note"
                aria-invalid=aria(move || wrong.get().is_some())
                bind:value=draft.ttl
            />
            <p class="hint" id="ttl-hint">
                {say(|w| w.push.ttl_hint)}
            </p>
            <FieldNote id="ttl-note" text=wrong />
        </div>
    }
    .part()
}

/// One of a few choices that stand side by side.
pub(crate) fn segment(
    group: &'static str,
    label: Signal<&'static str>,
    chosen: Signal<bool>,
    choose: Press,
) -> AnyView {
    view! {
        <label>
            <input type="radio" name=group prop:checked=chosen on:click=choose />
            <span>{label}</span>
        </label>
    }
    .part()
}

/// Whom a message is for, in words; of so many clients, where that is known better than by their names.
pub(crate) fn to_in_words(to: &To, clients: Option<u64>) -> String {
    let words = &words().messages;
    match to {
        To::Client(id) => id.clone(),
        To::Clients(ids) => count(words.to_clients, clients.unwrap_or(ids.len() as u64), &[]),
        To::Topic(topic) => fill(words.to_topic, &[("name", topic)]),
        To::Everyone => words.to_everyone.to_owned(),
    }
}

/// The answer of the server to a push in a sentence.
pub(crate) fn answer_in_words(answer: &PushAnswer, to: &To) -> String {
    let words = &words().push;
    let said = match (answer.connections, answer.queued, to) {
        (0, false, _) => words.no_one,
        (0, true, To::Client(_)) => words.waits_one,
        (0, true, To::Clients(_)) => words.waits_some,
        (0, true, _) => words.kept,
        (n, ..) => return count(words.reached, n, &[]),
    };
    said.to_owned()
}

/// How many that is, in a sentence.
fn reach_in_words(reach: &Reach) -> String {
    match reach {
        Reach::Known(size) if size.clients == 0 => words().push.reaches_nobody.to_owned(),
        Reach::Known(size) => with_numbers(words().push.reaches, *size),
        _ => String::new(),
    }
}

fn with_numbers(pattern: &str, size: AudienceSize) -> String {
    let words = &words().push;
    let clients = count(words.clients, size.clients, &[]);
    let connections = count(words.connections, size.connections, &[]);
    fill(
        pattern,
        &[("clients", &clients), ("connections", &connections)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reach_is_a_sentence() {
        let known = |clients, connections| {
            reach_in_words(&Reach::Known(AudienceSize {
                clients,
                connections,
            }))
        };
        assert_eq!(known(0, 0), "No recipient is connected now.");
        assert_eq!(known(1, 2), "Reaches 1 client on 2 connections now.");
        assert_eq!(known(3, 1), "Reaches 3 clients on 1 connection now.");
        assert_eq!(reach_in_words(&Reach::Unknown), "");
    }

    #[test]
    fn an_answer_says_whether_it_waits() {
        let said = |connections, queued, to| {
            let answer = PushAnswer {
                id: None,
                connections,
                queued,
                job: None,
            };
            answer_in_words(&answer, &to)
        };
        let ada = || To::Client("ada".to_owned());
        assert_eq!(said(1, true, ada()), "Sent to 1 connection.");
        assert_eq!(said(2, false, To::Everyone), "Sent to 2 connections.");
        assert!(said(0, true, ada()).ends_with("queued for it."));
        assert!(said(0, false, ada()).ends_with("was not delivered."));
    }
}
