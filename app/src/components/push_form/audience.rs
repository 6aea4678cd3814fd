//! Whom a push is for: one client, several, a topic, everyone.

use leptos::prelude::*;

use super::{
    draft::{Audience, Draft},
    segment,
};
use crate::components::{Entry, FieldNote, IntoPart, aria, list, press};

/// The choice, and the field that belongs to it.
#[component]
pub fn AudienceFields(
    /// What has been typed.
    draft: Draft,
    /// Ids to offer.
    ids: Signal<Vec<String>>,
    /// Topics to offer.
    topics: Signal<Vec<String>>,
    /// What is wrong with it.
    note: Signal<Option<String>>,
) -> impl IntoView {
    let choice = move |label: &'static str, audience: Audience| {
        let chosen = Signal::derive(move || draft.audience.get() == audience);
        segment(
            "audience",
            label,
            chosen,
            press(move || draft.audience.set(audience)),
        )
    };
    let field = move || match draft.audience.get() {
        Audience::One => one_line("Client id", "client", draft.client, "ids", note),
        Audience::Several => several(draft.clients, note),
        Audience::Topic => one_line("Topic", "topic", draft.topic, "topics", note),
        Audience::Everyone => view! { <p class="hint">"Every connection there is."</p> }.part(),
    };
    view! {
        <fieldset class="segments audience">
            <legend>"To"</legend>
            {choice("One client", Audience::One)}
            {choice("Several", Audience::Several)}
            {choice("A topic", Audience::Topic)}
            {choice("Everyone", Audience::Everyone)}
        </fieldset>
        <div class="field to">{field} <FieldNote id="to-note" text=note /></div>
        {offer("ids", ids)}
        {offer("topics", topics)}
    }
    .part()
}

fn one_line(
    label: &'static str,
    id: &'static str,
    text: RwSignal<String>,
    list: &'static str,
    note: Signal<Option<String>>,
) -> AnyView {
    view! {
        <label for=id>{label}</label>
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
        <label for="clients">"Client ids"</label>
        <textarea
            id="clients"
            class="code"
            rows="3"
            spellcheck="false"
            autocapitalize="none"
            placeholder="One a line, or with commas between them"
            aria-describedby="to-note"
            aria-invalid=aria(move || note.get().is_some())
            bind:value=text
        ></textarea>
    }
    .part()
}

fn offer(id: &'static str, names: Signal<Vec<String>>) -> AnyView {
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
