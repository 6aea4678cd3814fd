//! The audience fields of the push form: one client, several clients, a topic, everyone.

use leptos::prelude::*;

use super::{
    SeveralField,
    draft::{Audience, Draft},
    segment,
};
use crate::{
    components::{EraseView, FieldNote, ListItem, aria_bool, bool_signal, keyed_list, on_click},
    erased_signal::ErasedSignal,
    i18n::{Texts, tr},
};

/// The choice of the kind, and its field.
#[component]
pub fn AudienceFields(
    /// The values of the form.
    draft: Draft,
    /// The field for several recipients.
    several: SeveralField,
    /// The error of the field.
    note: Signal<Option<String>>,
) -> impl IntoView {
    let choice = move |label: fn(&Texts) -> &'static str, audience: Audience| {
        let chosen = bool_signal(move || draft.audience.get() == audience);
        segment(
            "audience",
            tr(label),
            chosen,
            on_click(move || draft.audience.set(audience)),
        )
    };
    let field = move || match draft.audience.get() {
        Audience::One => one_line(|t| t.push.client_id, "client", draft.client, "ids", note),
        Audience::Several => several(note),
        Audience::Topic => one_line(|t| t.push.topic_name, "topic", draft.topic, "topics", note),
        Audience::Everyone => view! { <p class="hint">{tr(|t| t.push.everyone_hint)}</p> }.erase(),
    };
    view! {
        <fieldset class="segments audience">
            <legend>{tr(|t| t.push.to)}</legend>
            {choice(|t| t.push.one, Audience::One)}
            {choice(|t| t.push.several, Audience::Several)}
            {choice(|t| t.push.topic, Audience::Topic)}
            {choice(|t| t.push.everyone, Audience::Everyone)}
        </fieldset>
        <div class="field to">{field} <FieldNote id="to-note" text=note /></div>
    }
    .erase()
}

fn one_line(
    label: fn(&Texts) -> &'static str,
    id: &'static str,
    text: RwSignal<String>,
    list: &'static str,
    note: Signal<Option<String>>,
) -> AnyView {
    view! {
        <label for=id>{tr(label)}</label>
        <input
            id=id
            type="text"
            class="code"
            list=list
            autocomplete="off"
            autocapitalize="none"
            spellcheck="false"
            aria-describedby="to-note"
            aria-invalid=aria_bool(move || note.get().is_some())
            bind:value=text
        />
    }
    .erase()
}

/// What the field with this list suggests.
pub(crate) fn suggested(id: &'static str, names: ErasedSignal<Vec<String>>) -> AnyView {
    let options = keyed_list(move || {
        let entry = |name: String| {
            ListItem::new(name.clone(), move || {
                view! { <option value=name.clone()></option> }.erase_client_only()
            })
        };
        names.get().into_iter().map(entry).collect()
    });
    view! { <datalist id=id>{options}</datalist> }.erase_client_only()
}
