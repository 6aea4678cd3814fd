//! The form that pushes: whom it is for, its type, what they get, and how many that is.

mod audience;
mod draft;

use leptos::{ev::SubmitEvent, prelude::*};

use crate::{
    components::{Complaint, Field, FieldNote, IntoPart, Press, aria, note, press, text, word},
    wire::{AudienceSize, PushRequest},
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

/// How many that is, in a sentence.
fn reach_in_words(reach: &Reach) -> String {
    let Reach::Known(AudienceSize {
        clients,
        connections,
    }) = reach
    else {
        return String::new();
    };
    let plural = |n: u64, what: &str| match n {
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
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
}
