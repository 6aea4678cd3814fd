//! The form that pushes: whom it is for, its type, what they get, and how many that is.

mod audience;
mod draft;

use leptos::{ev::SubmitEvent, prelude::*};

use crate::{
    components::{Complaint, Field, FieldNote, IntoPart, Press, aria, note, press, text, word},
    wire::{AudienceSize, PushAnswer, PushRequest, To},
};
use audience::AudienceFields;
pub(crate) use draft::Draft;

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
    reach: Signal<Reach>,
    /// Ids to offer.
    ids: Signal<Vec<String>>,
    /// Topics to offer.
    topics: Signal<Vec<String>>,
    /// What the server found wrong.
    complaint: RwSignal<Option<Complaint>>,
    /// What came of the last push, in words.
    answer: Signal<Option<String>>,
    /// Whether an answer is being waited for.
    busy: Signal<bool>,
    /// The push is complete.
    on_push: Callback<PushRequest>,
) -> impl IntoView {
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        match untrack(|| draft.request()) {
            Ok(push) => {
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
    Effect::watch(
        move || {
            (
                draft.to(),
                draft.event.get(),
                draft.data.get(),
                draft.as_json.get(),
                draft.ttl.get(),
            )
        },
        move |_, _, _| complaint.set(None),
        false,
    );
    view! {
        <form class="push" on:submit=submit novalidate aria-labelledby="push">
            <h2 id="push">"Push a message"</h2>
            <AudienceFields draft ids topics note=about_to />
            {event_field(draft, note(move || about(Field::Event)))}
            {data_field(draft, note(move || about(Field::Data)))}
            {ttl_field(draft, note(move || about(Field::Ttl)))}
            <FieldNote id="form-note" text=note(move || about(Field::Form)) />
            <div class="send">
                <button type="submit" class="primary" disabled=busy>
                    "Push"
                </button>
                <p class="reach" aria-live="polite">
                    {text(move || reach_in_words(&reach.get()))}
                </p>
            </div>
            <p class="answer" role="status">
                {answer}
            </p>
        </form>
    }
    .part()
}

fn event_field(draft: Draft, wrong: Signal<Option<String>>) -> AnyView {
    view! {
        <div class="field">
            <label for="event">
                "Event type " <span class="optional">"optional"</span>
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
                "Pages hear a type only where they listen for it by name. Without one it is "
                <code>"onmessage"</code> "."
            </p>
            <FieldNote id="event-note" text=wrong />
        </div>
    }
    .part()
}

fn data_field(draft: Draft, wrong: Signal<Option<String>>) -> AnyView {
    let mistake = Memo::new(move |_| draft.mistake());
    let said = note(move || match mistake.get() {
        Some(mistake) => Some(mistake.to_string()),
        None => wrong.get(),
    });
    let verdict = word(move || {
        let is_json = draft.as_json.get() && draft.data.with(|d| !d.trim().is_empty());
        if is_json && mistake.get().is_none() {
            "Valid JSON"
        } else {
            ""
        }
    });
    let kind = move |label: &'static str, json: bool| {
        let chosen = Signal::derive(move || draft.as_json.get() == json);
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
                <label for="data">"Data"</label>
                <span class="verdict">{verdict}</span>
                <fieldset class="segments small">
                    <legend class="unseen">"Kind of data"</legend>
                    {kind("Text", false)}
                    {kind("JSON", true)}
                </fieldset>
            </div>
            <textarea
                id="data"
                rows="5"
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
                "Seconds to wait " <span class="optional">"optional"</span>
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
                "For who is away. 0: only who is connected now. Nothing: as long as messages are kept."
            </p>
            <FieldNote id="ttl-note" text=wrong />
        </div>
    }
    .part()
}

/// One of a few choices that stand side by side.
fn segment(
    group: &'static str,
    label: &'static str,
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

/// A number of things.
fn plural(n: u64, what: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{n} {what}{s}")
}

/// Whom a message is for, in words; of so many clients, where that is known better than by their names.
pub(crate) fn to_in_words(to: &To, clients: Option<u64>) -> String {
    match to {
        To::Client(id) => id.clone(),
        To::Clients(ids) => plural(clients.unwrap_or(ids.len() as u64), "client"),
        To::Topic(topic) => format!("topic {topic}"),
        To::Everyone => "everyone".to_owned(),
    }
}

/// The answer of the server to a push in a sentence.
pub(crate) fn answer_in_words(answer: &PushAnswer, to: &To) -> String {
    match (answer.connections, answer.queued, to) {
        (0, false, _) => "Nobody is connected. It reached no one.".to_owned(),
        (0, true, To::Client(_)) => "Nobody is connected. It waits for the client.".to_owned(),
        (0, true, To::Clients(_)) => "Nobody is connected. It waits for the clients.".to_owned(),
        (0, true, _) => "Nobody is connected. It is kept for who comes back.".to_owned(),
        (n, ..) => format!("Reached {} now.", plural(n, "connection")),
    }
}

/// How many that is, in a sentence.
fn reach_in_words(reach: &Reach) -> String {
    let Reach::Known(AudienceSize {
        clients,
        connections,
    }) = reach
    else {
        return String::new();
    };
    match clients {
        0 => "Reaches nobody who is connected now.".to_owned(),
        n => format!(
            "Reaches {} on {} now.",
            plural(*n, "client"),
            plural(*connections, "connection")
        ),
    }
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
        assert_eq!(known(0, 0), "Reaches nobody who is connected now.");
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
        assert_eq!(said(1, true, ada()), "Reached 1 connection now.");
        assert_eq!(said(2, false, To::Everyone), "Reached 2 connections now.");
        assert!(said(0, true, ada()).ends_with("It waits for the client."));
        assert!(said(0, false, ada()).ends_with("It reached no one."));
    }
}
