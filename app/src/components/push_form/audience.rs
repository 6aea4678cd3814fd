//! Whom a push is for: one client, several, a topic, everyone.

use leptos::prelude::*;

use super::{
    draft::{Audience, Draft},
    segment,
};
use crate::{
    components::{Entry, FieldNote, IntoPart, aria, flag, list, press},
    held::Held,
    words::{Words, say},
};

/// The choice, and the field that belongs to it.
#[component]
pub fn AudienceFields(
    /// What has been typed.
    draft: Draft,
    /// Ids to offer.
    ids: Held<Vec<String>>,
    /// Topics to offer.
    topics: Held<Vec<String>>,
    /// What is wrong with it.
    note: Signal<Option<String>>,
) -> impl IntoView {
    let choice = move |label: fn(&Words) -> &'static str, audience: Audience| {
        let chosen = flag(move || draft.audience.get() == audience);
        segment(
            "audience",
            say(label),
            chosen,
            press(move || draft.audience.set(audience)),
        )
    };
    let field = move || match draft.audience.get() {
        Audience::One => one_line(|w| w.push.client_id, "client", draft.client, "ids", note),
        Audience::Several => several(draft.clients, note),
        Audience::Topic => one_line(|w| w.push.topic_name, "topic", draft.topic, "topics", note),
        Audience::Everyone => view! { <p class="hint">{say(|w| w.push.everyone_hint)}</p> }.part(),
    };
    view! {
        <fieldset class="segments audience">
            <legend>{say(|w| w.push.to)}</legend>
            {choice(|w| w.push.one, Audience::One)}
            {choice(|w| w.push.several, Audience::Several)}
            {choice(|w| w.push.topic, Audience::Topic)}
            {choice(|w| w.push.everyone, Audience::Everyone)}
        </fieldset>
        <div class="field to">{field} <FieldNote id="to-note" text=note /></div>
        {offer("ids", ids)}
        {offer("topics", topics)}
    }
    .part()
}

fn one_line(
    label: fn(&Words) -> &'static str,
    id: &'static str,
    text: RwSignal<String>,
    list: &'static str,
    note: Signal<Option<String>>,
) -> AnyView {
    view! {
        <label for=id>{say(label)}</label>
        <input
            id=id
            type="text"
            class="code"
            list=list
            autocomplete="off"
            autocapitalize="none"
            spellcheck="false"
            aria-describedby="to-note"
            aria-invalid=aria(move || note.get().is_some())
            bind:value=text
        />
    }
    .part()
}

fn several(text: RwSignal<String>, note: Signal<Option<String>>) -> AnyView {
    view! {
        <label for="clients">{say(|w| w.push.client_ids)}</label>
        <textarea
            id="clients"
            class="code"
            rows="3"
            spellcheck="false"
            autocapitalize="none"
            placeholder=say(|w| w.push.several_hint)
            aria-describedby="to-note"
            aria-invalid=aria(move || note.get().is_some())
            bind:value=text
        ></textarea>
    }
    .part()
}

fn offer(id: &'static str, names: Held<Vec<String>>) -> AnyView {
    let options = list(move || {
        let entry = |name: String| {
            Entry::new(name.clone(), move || {
                view! { <option value=name.clone()></option> }.fresh()
            })
        };
        names.get().into_iter().map(entry).collect()
    });
    view! { <datalist id=id>{options}</datalist> }.part()
}
